import { createHash, type Hash } from "node:crypto";
import { Slots } from "@sluice/async";
import { contentKey, type ObjectStore, SINGLE_PART, writePart } from "@sluice/object-store";
import type { VolumeUploads } from "./volume-uploads.ts";

/** Chunks of 8 MiB that files which the server itself writes hold together. */
const MEMORY_CHUNKS = 2;

/** Where a file is to be. */
export interface WrittenPlace {
  readonly volumeName: string;
  /** Whichever volume has the name by then, it must be this one. */
  readonly volumeId: string;
  readonly path: string;
}

/** Writes files of the server's own into volumes, as an upload does: a content has a record before its first byte (V2), and appears whole (V3). */
export class VolumeWriter {
  readonly #uploads: VolumeUploads;
  readonly #store: ObjectStore;
  readonly #memory = new Slots(MEMORY_CHUNKS);

  constructor(uploads: VolumeUploads, store: ObjectStore) {
    this.#uploads = uploads;
    this.#store = store;
  }

  /**
   * Makes or replaces a file.
   * @throws {StatusError} 63240, 63244, 63245, 63247, 63248; what body or store throw. Nothing of the file appears then
   */
  async put(place: WrittenPlace, body: AsyncIterable<Uint8Array>, size: number, signal: AbortSignal): Promise<void> {
    const sizeBytes = BigInt(size);
    const begun = { ...place, sizeBytes, inParts: false, limits: undefined };
    const { volumeId, contentId } = await this.#uploads.begin(begun);
    const md5 = createHash("md5");
    try {
      const target = { store: this.#store, content: contentKey(volumeId, contentId), partId: SINGLE_PART };
      const written = await writePart(hashed(body, md5), { ...target, memory: this.#memory, signal });
      if (written !== size) throw new Error(`${written} bytes of ${place.path} came, and ${size} were announced`);
      const etag = md5.digest("hex");
      await this.#uploads.publish({ ...place, contentId, sizeBytes, etag, limits: undefined, ifAbsent: false });
    } catch (error) {
      await this.#uploads.drop({ volumeId, contentId }).catch(() => undefined); // The sweep of old uploads finds it, too.
      throw error;
    }
  }
}

async function* hashed(body: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    hash.update(piece);
    yield piece;
  }
}
