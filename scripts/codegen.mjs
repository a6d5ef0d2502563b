// protos/ -> libs/rpc/src/gen, by protoc and ts-proto. int64 becomes bigint; enums become constant objects, so that Node
// can run the output by stripping its types.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";

const out = "libs/rpc/src/gen";
// Written aside and moved in whole: a proto that does not compile leaves the code of the last one that did.
const fresh = "node_modules/.cache/codegen";
const options = [
  "env=node",
  "outputServices=grpc-js",
  "forceLong=bigint",
  "oneof=unions-value",
  "esModuleInterop=true",
  "outputJsonMethods=false",
  "useExactTypes=false",
  "exportCommonSymbols=false",
  "importSuffix=.ts",
  "enumsAsLiterals=true",
].join(",");

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const files = ["milvus", "sluice"].flatMap((folder) =>
  readdirSync(`protos/${folder}`)
    .filter((name) => name.endsWith(".proto"))
    .map((name) => `protos/${folder}/${name}`),
);
const { status, error } = spawnSync(
  "node_modules/.bin/protoc",
  [
    "--plugin=protoc-gen-ts_proto=node_modules/.bin/protoc-gen-ts_proto",
    `--ts_proto_out=${fresh}`,
    `--ts_proto_opt=${options}`,
    "-I",
    "protos/milvus",
    "-I",
    "protos/sluice",
    ...files,
  ],
  { stdio: "inherit" },
);
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);
