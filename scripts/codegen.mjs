// protos/ -> libs/rpc/src/gen, by protoc and ts-proto. int64 becomes bigint; enums become constant objects, so that Node
// can run the output by stripping its types.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync } from "node:fs";

const out = "libs/rpc/src/gen";
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

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const files = ["milvus", "sluice"].flatMap((folder) =>
  readdirSync(`protos/${folder}`).filter((name) => name.endsWith(".proto")).map((name) => `protos/${folder}/${name}`),
);
const { status } = spawnSync(
  "node_modules/.bin/protoc",
  [
    "--plugin=protoc-gen-ts_proto=node_modules/.bin/protoc-gen-ts_proto",
    `--ts_proto_out=${out}`,
    `--ts_proto_opt=${options}`,
    "-I",
    "protos/milvus",
    "-I",
    "protos/sluice",
    ...files,
  ],
  { stdio: "inherit" },
);
process.exit(status ?? 1);
