import { excerpt } from "@sluice/errors";
import { headerOf, S3Refusal } from "@sluice/volumes";
import type { RawRequest } from "./raw-service.ts";
import type { S3Request } from "./s3-request.ts";

/** What S3 clients put beside objects, and parts of them: taken for the object, it would take its place. @throws {S3Refusal} */
export function refuseOtherPuts({ query, headers }: S3Request): void {
  const other = [...query.keys()].find((name) => name !== "x-id");
  if (other !== undefined)
    throw new S3Refusal("NotImplemented", `of a file nothing but its bytes is put here, no ${excerpt(other, 40)}`);
  for (const [header, what] of otherPuts)
    if (headerOf(headers, header) !== "") throw new S3Refusal("NotImplemented", `files are not ${what} here`);
  refuseEncryption(headers);
}

const otherPuts = [["x-amz-copy-source", "copied"], ["x-amz-write-offset-bytes", "appended to"]] as const; // biome-ignore format: a table

/** Who asks for it believes that it is done. @throws {S3Refusal} */
export function refuseEncryption(headers: RawRequest["headers"]): void {
  if (!Object.keys(headers).some((name) => name.startsWith("x-amz-server-side-encryption"))) return;
  const cure = "leave it out, or have the storage of this server encrypt what it holds";
  throw new S3Refusal("NotImplemented", `files are not encrypted at the wish of a client: ${cure}`);
}
