import type { ObjectSource } from "@sluice/object-store";
import type { ByteSource } from "@sluice/parquet";

/** A source file as Parquet knows files: bytes by their place. */
export function bytesOf({ store, key, sizeBytes }: ObjectSource): ByteSource {
  return { sizeBytes, readInto: (start, target, signal) => store.readInto(key, start, target, signal) };
}
