import type { HttpHead } from "./http-head.ts";

/** An answer that is an error, in the form that the SDK gives to its own. */
export class S3AnswerError extends Error {
  /** That of S3; `UnknownError` where the answer says none. */
  readonly Code: string;
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId: string | undefined };
  readonly $response: { readonly headers: Readonly<Record<string, string>> };

  /** @param body the beginning of it */
  constructor({ status, headers }: HttpHead, body: string) {
    super(elementOf(body, "Message") ?? "UnknownError");
    this.Code = elementOf(body, "Code") ?? "UnknownError";
    this.$metadata = { httpStatusCode: status, requestId: headers.get("x-amz-request-id") };
    this.$response = { headers: Object.fromEntries(headers) };
  }
}

const entities: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

/** The text of the first element of a name: answers of errors are flat, and each name stands there once. */
function elementOf(xml: string, name: string): string | undefined {
  const text = new RegExp(`<${name}>([^<]+)</${name}>`).exec(xml)?.[1].trim();
  return text?.replace(/&(lt|gt|quot|apos|amp);/g, (_, entity: string) => entities[entity]) || undefined;
}
