import type { Server, ServiceDefinition } from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { milvusDescriptors } from "./gen/descriptors.ts";

/**
 * Lets tools such as grpcurl ask which methods and messages there are. Costs a few hundred milliseconds, so only the proxy
 * does it. The descriptors are part of the code: a packed installation has no proto files.
 */
export function addReflection(server: Server, services: readonly { readonly definition: ServiceDefinition }[]): void {
  const descriptors = loadFileDescriptorSetFromBuffer(Buffer.from(milvusDescriptors, "base64"), { keepCase: true });
  new ReflectionService(descriptors, { services: services.map(serviceName) }).addToServer(server);
}

/** `milvus.proto.milvus.MilvusService`, from the path of any of its methods. */
function serviceName({ definition }: { readonly definition: ServiceDefinition }): string {
  return Object.values(definition)[0].path.split("/")[1];
}
