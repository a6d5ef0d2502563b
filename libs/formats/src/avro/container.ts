import { inflateRawSync, zstdDecompressSync } from "node:zlib";
import { ImportError } from "@sluice/errors";
import { AvroReader, type AvroSchema, avroReader, damaged } from "./read-datum.ts";

// Avro object container files, whole in memory: the manifests of Iceberg. Source: avro.apache.org, "Specification".

const MAGIC = "Obj\x01";
const SYNC_BYTES = 16;
/** What all blocks of a file may hold. */
const MAX_BYTES = 256 << 20;

/** The records of a file, as plain objects; longs are bigints beyond 2^53. @throws {ImportError} `malformed_file`, `unsupported` */
export function readAvro(bytes: Uint8Array): Record<string, unknown>[] {
  try {
    return recordsOf(bytes);
  } catch (error) {
    // A schema of any other shape, or one that is inside of itself.
    throw error instanceof ImportError ? error : damaged(`its schema is none: ${(error as Error).message}`);
  }
}

function recordsOf(bytes: Uint8Array): Record<string, unknown>[] {
  const file = new AvroReader(bytes);
  if (file.text(MAGIC.length) !== MAGIC) throw damaged("it does not begin with Obj");
  const metadata = file.map((at) => Buffer.from(at.bytes(at.size())).toString());
  const read = avroReader(parsed(metadata["avro.schema"]));
  const records: Record<string, unknown>[] = [];
  const sync = file.bytes(SYNC_BYTES);
  for (let left = MAX_BYTES; !file.isAtEnd; ) {
    const count = file.size();
    const packed = file.bytes(file.size());
    if (Buffer.compare(file.bytes(SYNC_BYTES), sync) !== 0)
      throw damaged("a block does not end in the mark of the file");
    const block = inflated(packed, metadata["avro.codec"] ?? "null", left);
    left -= block.length;
    // Records of nothing at all have no file of Iceberg.
    if (count > block.length) throw damaged(`${count} records in ${block.length} bytes`);
    const at = new AvroReader(block);
    for (let i = 0; i < count; i++) records.push(read(at) as Record<string, unknown>);
  }
  return records;
}

function parsed(text: string | undefined): AvroSchema {
  try {
    return JSON.parse(text ?? "");
  } catch {
    throw damaged("its schema is no JSON");
  }
}

function inflated(block: Uint8Array, codec: string, maxOutputLength: number): Uint8Array {
  if (codec === "null") return block;
  const inflate = codec === "deflate" ? inflateRawSync : codec === "zstandard" ? zstdDecompressSync : undefined;
  if (!inflate)
    throw new ImportError("unsupported", `the Avro file is compressed with ${codec}: write it with deflate`);
  try {
    return inflate(block, { maxOutputLength });
  } catch (error) {
    throw damaged((error as Error).message);
  }
}
