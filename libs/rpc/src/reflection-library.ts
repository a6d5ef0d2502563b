import type { Server, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { milvusDescriptors } from "./gen/descriptors.ts";

/** What the library registers for one version of the protocol. */
export interface Registered {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** What the library would have added to a server, by path. The descriptors are part of the code: no proto files needed. */
export function registeredFor(services: readonly string[]): ReadonlyMap<string, Registered> {
  const descriptors = loadFileDescriptorSetFromBuffer(Buffer.from(milvusDescriptors, "base64"), { keepCase: true });
  const registered = new Map<string, Registered>();
  const collector = {
    addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation) {
      registered.set(Object.values(definition)[0].path, { definition, implementation });
    },
  };
  new ReflectionService(descriptors, { services: [...services] }).addToServer(collector as unknown as Server);
  return registered;
}
