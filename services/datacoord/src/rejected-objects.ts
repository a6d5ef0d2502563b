import { ImportError } from "@sluice/errors";
import { REJECTS_PREFIX } from "@sluice/jobs";
import type { ObjectReads } from "@sluice/object-store";

/** Bytes of an answer. */
const PART_BYTES = 1 << 20;

/** Reads what imports left out, for those who cannot reach the storage. */
export class RejectedObjects {
  readonly #objects: ObjectReads;
  constructor(objects: ObjectReads) {
    this.#objects = objects;
  }

  /**
   * From `offset` on, at most a megabyte; empty at the end.
   * @throws {ImportError} `path_refused` for an object of another kind; `file_not_found` once its job is forgotten
   */
  async read(key: string, offset: number): Promise<Buffer> {
    if (!key.startsWith(REJECTS_PREFIX) || !Number.isSafeInteger(offset) || offset < 0)
      throw new ImportError("path_refused", "only objects with rejected rows are read this way", { file: key });
    const target = Buffer.alloc(PART_BYTES);
    return target.subarray(0, await this.#objects.readInto(key, offset, target));
  }
}
