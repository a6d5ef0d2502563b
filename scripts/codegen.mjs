// libs/kernels/assembly -> libs/kernels/src/gen, by AssemblyScript: WebAssembly as base64.
// protos/ -> libs/rpc/src/gen, by protoc and ts-proto. int64 becomes bigint; enums become constant objects, so that Node
// can run the output by stripping its types. descriptors.ts holds the public interface for the reflection service.
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";

const out = "libs/rpc/src/gen";
const kernels = "libs/kernels/src/gen";
// Written aside and moved in whole: what does not compile leaves the code of the last one that did.
const fresh = "node_modules/.cache/codegen";
const freshKernels = "node_modules/.cache/codegen-kernels";
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
const milvus = protosIn("protos/milvus");
protoc([
  "--plugin=protoc-gen-ts_proto=node_modules/.bin/protoc-gen-ts_proto",
  `--ts_proto_out=${fresh}`,
  `--ts_proto_opt=${options}`,
  ...["--proto_path=protos/sluice", "--proto_path=protos/grpc"],
  ...milvus,
  ...protosIn("protos/grpc"),
  ...protosIn("protos/sluice"),
]);
for (const name of readdirSync(fresh)) {
  // Messages and values of bytes are written into memory that is there, and large ones are not copied once more.
  const code = readFileSync(`${fresh}/${name}`, "utf8");
  const copies = /Buffer\.from\((\w+)\.encode\(value\)\.finish\(\)\)/g;
  const written = code
    .replaceAll(copies, "bytesOf($1.encode(value, takeWriter()))")
    .replaceAll("Buffer.from(reader.bytes())", "copyOf(reader.bytes())");
  const names = ["bytesOf", "copyOf", "takeWriter"].filter((used) => written.includes(`${used}(`)).join(", ");
  const uses = `import { ${names} } from "../message-writer.ts";\n`;
  writeFileSync(`${fresh}/${name}`, written === code ? code : written.replace(/^import /m, `${uses}import `));
}
const descriptorSet = `${fresh}/descriptors.bin`;
protoc([`--descriptor_set_out=${descriptorSet}`, ...milvus]);
const text = readFileSync(descriptorSet, "base64");
rmSync(descriptorSet);
writeFileSync(
  `${fresh}/descriptors.ts`,
  `/** FileDescriptorSet of protos/milvus, base64. */\nexport const milvusDescriptors =\n  "${text}";\n`,
);
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);

rmSync(freshKernels, { recursive: true, force: true });
mkdirSync(freshKernels, { recursive: true });
for (const file of readdirSync("libs/kernels/assembly").filter((name) => name.endsWith(".ts"))) {
  const name = file.replace(/\.ts$/, "");
  const wasm = `${freshKernels}/${name}.wasm`;
  run("asc", [
    `libs/kernels/assembly/${file}`,
    ...["-O3", "--noAssert", "--enable", "simd", "--enable", "relaxed-simd", "--runtime", "stub"],
    ...["--importMemory", "--initialMemory", "1", "--memoryBase", "1024", "-o", wasm],
    // What compares vectors does so in a memory that threads share.
    ...(file === "distances.ts" ? ["--enable", "threads", "--sharedMemory", "--maximumMemory", "65536"] : []),
  ]);
  const code = readFileSync(wasm, "base64");
  rmSync(wasm);
  const variable = name.replaceAll(/-(\w)/g, (_, letter) => letter.toUpperCase());
  const text = `/** libs/kernels/assembly/${file} as WebAssembly, base64. */\nexport const ${variable} =\n  "${code}";\n`;
  writeFileSync(`${freshKernels}/${file}`, text);
}
rmSync(kernels, { recursive: true, force: true });
renameSync(freshKernels, kernels);

function protosIn(folder) {
  const names = readdirSync(folder).filter((name) => name.endsWith(".proto"));
  return names.map((name) => `${folder}/${name}`);
}

function protoc(args) {
  run("protoc", ["--proto_path=protos/milvus", ...args]);
}

function run(program, args) {
  const { error, status } = spawnSync(`node_modules/.bin/${program}`, args, { stdio: "inherit" });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
