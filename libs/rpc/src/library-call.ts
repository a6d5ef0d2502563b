import type { Client as GrpcClient, MethodDefinition, ServiceError } from "@grpc/grpc-js";
import type { PlainRequestSettings } from "./plain-request.ts";

/** For a request that is serialized already. */
export const asItIs = (message: Buffer): Buffer => message;

interface LibraryCallSettings extends PlainRequestSettings {
  readonly waitForReady: boolean;
}

/** Makes a call of which callPlainly has said that it is none for it. */
export function callByLibrary(
  client: GrpcClient,
  { path, responseDeserialize }: MethodDefinition<object, object>,
  message: Buffer,
  { metadata: given, limitMs, signal, running, waitForReady }: LibraryCallSettings,
): Promise<object> {
  const metadata = given.clone();
  metadata.setOptions({ ...metadata.getOptions(), waitForReady });
  const options = { deadline: Date.now() + limitMs };
  return new Promise((resolve, reject) => {
    const end = (error: ServiceError | null, response?: object) => {
      signal?.removeEventListener("abort", cancel);
      running?.delete(cancel);
      if (error) reject(error);
      else resolve(response as object);
    };
    const call = client.makeUnaryRequest(path, asItIs, responseDeserialize, message, metadata, options, end);
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel);
    running?.add(cancel);
    if (signal?.aborted) cancel();
  });
}
