import { createHash } from "node:crypto";
import { S3Refusal } from "./s3-refusal.ts";

/** A part as the client that ends an upload names it. */
export interface NamedPart {
  readonly partNumber: number;
  /** Without quotes. */
  readonly etag: string;
}

/** Greatest number of a part. Source: limits of Amazon S3. */
const MAX_PARTS = 10_000;

/** The parts of `CompleteMultipartUpload`, ascending. @throws {S3Refusal} `MalformedXML`, `InvalidPartOrder` */
export function parsePartList(xml: string): NamedPart[] {
  const parts = elements(xml, "Part").map((part) => ({
    partNumber: Number(elements(part, "PartNumber")[0]?.trim() ?? "x"),
    etag: (elements(part, "ETag")[0] ?? "")
      .replaceAll("&quot;", '"')
      .replaceAll("&#34;", '"')
      .trim()
      .replace(/^"|"$/g, ""),
  }));
  if (parts.length === 0 || parts.some(({ partNumber }) => !isPartNumber(partNumber)))
    throw new S3Refusal(
      "MalformedXML",
      "expected CompleteMultipartUpload with one Part or more, each with PartNumber and ETag",
    );
  if (parts.some(({ partNumber }, i) => i > 0 && partNumber <= parts[i - 1].partNumber))
    throw new S3Refusal("InvalidPartOrder", "the parts are not in ascending order");
  return parts;
}

/** From 1 to 10 000. Source: "Amazon S3 multipart upload limits". */
export function isPartNumber(number: number): boolean {
  return Number.isInteger(number) && number >= 1 && number <= MAX_PARTS;
}

/** The ETag of a content in parts: MD5 of their MD5s, and their number. @param md5s in hex */
export function etagOfParts(md5s: readonly string[]): string {
  const hash = createHash("md5");
  for (const md5 of md5s) hash.update(Buffer.from(md5, "hex"));
  return `${hash.digest("hex")}-${md5s.length}`;
}

/** What stands in elements of a name, which hold none of the same name; in time that grows with the text. */
function elements(xml: string, name: string): string[] {
  const found: string[] = [];
  const [open, close] = [`<${name}>`, `</${name}>`];
  for (let at = xml.indexOf(open); at >= 0; ) {
    const end = xml.indexOf(close, at);
    if (end < 0) break;
    found.push(xml.slice(at + open.length, end));
    at = xml.indexOf(open, end);
  }
  return found;
}
