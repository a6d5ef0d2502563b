import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Server } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";

/** The proto files of the repository, from `src` and `dist` alike. */
const protoFolder = join(import.meta.dirname, "..", "..", "..", "protos", "milvus");

/** Lets tools such as grpcurl ask which methods there are. Costs a few hundred milliseconds, so only the proxy does it. */
export function addReflection(server: Server): void {
  const files = readdirSync(protoFolder).filter((name) => name.endsWith(".proto"));
  const definition = loadSync(files, { includeDirs: [protoFolder], keepCase: true, longs: String });
  new ReflectionService(definition, { services: ["milvus.proto.milvus.MilvusService"] }).addToServer(server);
}
