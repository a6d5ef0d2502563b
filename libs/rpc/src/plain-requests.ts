import type { CallOptions, Client as GrpcClient, Metadata, MethodDefinition } from "@grpc/grpc-js";
import { asItIs } from "./library-call.ts";
import { callPlainly } from "./plain-request.ts";

type UnaryCallback = (error: Error | null, response?: object) => void;

type Codec = Pick<MethodDefinition<object, object>, "requestSerialize" | "responseDeserialize">;

/**
 * Lets methods of somebody else's client of grpc-js call plainly. They are called with all their arguments, and nobody breaks a call off
 * but its deadline.
 * @param codecs by the names of these methods, where their messages are written and read by others than the client's own
 */
export function takePlainRequests(client: GrpcClient, codecs: Readonly<Record<string, Partial<Codec>>>): void {
  const methods = client as unknown as Record<string, object>;
  for (const [name, codec] of Object.entries(codecs)) {
    const method = methods[name] as MethodDefinition<object, object>;
    methods[name] = plainly(client, { ...method, ...codec });
  }
}

function plainly(client: GrpcClient, method: Codec & Pick<MethodDefinition<object, object>, "path">) {
  return (request: object, metadata: Metadata, options: Partial<CallOptions>, callback: UnaryCallback) => {
    const message = method.requestSerialize(request);
    const limitMs = Number(options.deadline ?? Number.POSITIVE_INFINITY) - Date.now();
    const answer = callPlainly(client, method, message, { metadata, limitMs });
    if (answer) answer.then((response) => callback(null, response), callback);
    else client.makeUnaryRequest(method.path, asItIs, method.responseDeserialize, message, metadata, options, callback);
  };
}
