import { EventEmitter } from "node:events";
import type { Server, ServerDuplexStream, ServiceDefinition } from "@grpc/grpc-js";
import type { Registered } from "./reflection-library.ts";

type Services = readonly { readonly definition: ServiceDefinition }[];
type ByteStream = ServerDuplexStream<Buffer, Buffer>;

/** The versions of the protocol, by package; each has one method. */
const packages = ["grpc.reflection.v1", "grpc.reflection.v1alpha"];
const METHOD = "ServerReflectionInfo";

/**
 * Lets tools such as grpcurl ask which methods and messages there are. The library takes 170 MB and a third of a second to
 * prepare its answers, so it is loaded when the first tool asks; until then the methods pass plain bytes.
 */
export function addReflection(server: Server, services: Services): void {
  let registered: Promise<ReadonlyMap<string, Registered>> | undefined;
  for (const name of packages) {
    const path = `/${name}.ServerReflection/${METHOD}`;
    const open = (stream: ByteStream) => {
      registered ??= loadLibrary(services);
      registered.then((all) => bridge(stream, all.get(path) as Registered)).catch((error) => stream.destroy(error));
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

async function loadLibrary(services: Services): Promise<ReadonlyMap<string, Registered>> {
  const { registeredFor } = await import("./reflection-library.ts");
  return registeredFor(services.map(serviceName));
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
