import { EventEmitter } from "node:events";
import type { Server, ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import { loadFileDescriptorSetFromBuffer } from "@grpc/proto-loader";
import { ReflectionService } from "@grpc/reflection";
import { milvusDescriptors } from "./gen/descriptors.ts";

type Services = readonly { readonly definition: ServiceDefinition }[];
type ByteStream = ServerDuplexStream<Buffer, Buffer>;
/** What the library registers for one version of the protocol. */
interface Registered {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** The versions of the protocol, by package; each has one method. */
const packages = ["grpc.reflection.v1", "grpc.reflection.v1alpha"];
const METHOD = "ServerReflectionInfo";

/**
 * Lets tools such as grpcurl ask which methods and messages there are. The library takes 170 MB and a third of a second to
 * prepare its answers, so it is loaded when the first tool asks; until then the methods pass plain bytes.
 */
export function addReflection(server: Server, services: Services): void {
  let registered: Map<string, Registered> | undefined;
  for (const name of packages) {
    const path = `/${name}.ServerReflection/${METHOD}`;
    const open = (stream: ByteStream) => {
      registered ??= loadLibrary(services);
      bridge(stream, registered.get(path) as Registered);
    };
    server.addService({ [METHOD]: { ...byteMethod, path } }, { [METHOD]: open });
  }
}

const same = (bytes: Buffer) => bytes;
const byteMethod = {
  requestStream: true,
  responseStream: true,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
} as const;

/** What the library would have added to a server, by path. The descriptors are part of the code: no proto files needed. */
function loadLibrary(services: Services): Map<string, Registered> {
  const descriptors = loadFileDescriptorSetFromBuffer(Buffer.from(milvusDescriptors, "base64"), { keepCase: true });
  const registered = new Map<string, Registered>();
  const collector = {
    addService(definition: ServiceDefinition, implementation: UntypedServiceImplementation) {
      registered.set(definition[METHOD].path, { definition, implementation });
    },
  };
  new ReflectionService(descriptors, { services: services.map(serviceName) }).addToServer(
    collector as unknown as Server,
  );
  return registered;
}

/** Runs the library's handler, which hears messages and writes messages, on a stream of bytes. */
function bridge(stream: ByteStream, { definition, implementation }: Registered): void {
  const { requestDeserialize, responseSerialize } = definition[METHOD];
  const messages = Object.assign(new EventEmitter(), {
    write: (response: object) => stream.write(responseSerialize(response)),
    end: () => stream.end(),
  });
  (implementation[METHOD] as unknown as (stream: EventEmitter) => void)(messages);
  stream.on("data", (bytes: Buffer) => messages.emit("data", requestDeserialize(bytes)));
  stream.on("end", () => messages.emit("end"));
}

/** `milvus.proto.milvus.MilvusService`, from the path of any of its methods. */
function serviceName({ definition }: { readonly definition: ServiceDefinition }): string {
  return Object.values(definition)[0].path.split("/")[1];
}
