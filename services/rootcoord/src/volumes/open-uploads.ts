import type { VolumeContentRecord } from "@sluice/catalog";
import type { volume } from "@sluice/rpc";

/** What uploads take together that are no files yet. */
export interface OpenTotal {
  readonly bytes: number;
  readonly uploads: number;
}

/** An upload that goes on. */
export interface OpenUpload {
  readonly volumeId: string;
  /** Undefined for one that was begun before this process: its volume is not asked about by its id. */
  readonly volumeName: string | undefined;
  /** Of the credentials that it was begun with; undefined where there are none, or they are not known any more. */
  readonly limits: volume.UploadLimits | undefined;
  /** That have come, or were announced at the beginning. */
  readonly bytes: number;
}

const NOTHING: OpenTotal = { bytes: 0, uploads: 0 };

/**
 * Uploads that go on, and what they take: they count towards limits together, not each by itself. Kept in memory; of records that were
 * there before, as soon as their volume is asked about.
 */
export class OpenUploads {
  readonly #uploads = new Map<string, OpenUpload>();
  readonly #totals = new Map<string, OpenTotal>();
  readonly #known = new Map<string, Promise<void>>();
  readonly #recorded: (volumeId: string) => AsyncIterable<VolumeContentRecord>;

  /** @param recorded contents of a volume */
  constructor(recorded: (volumeId: string) => AsyncIterable<VolumeContentRecord>) {
    this.#recorded = recorded;
  }

  /** Finds what has gone on in a volume since before this process; to be waited for before a total of it counts. */
  async know(volumeId: string): Promise<void> {
    const known = this.#known.get(volumeId) ?? this.#load(volumeId);
    this.#known.set(volumeId, known);
    await known.catch((error: unknown) => {
      this.#known.delete(volumeId);
      throw error;
    });
  }

  async #load(volumeId: string): Promise<void> {
    for await (const { contentId, state, partBytes: bytes = 0 } of this.#recorded(volumeId))
      if (state === "uploading" && !this.#uploads.has(contentId))
        this.hold(contentId, { volumeId, volumeName: undefined, limits: undefined, bytes });
  }

  get(contentId: string): OpenUpload | undefined {
    return this.#uploads.get(contentId);
  }

  /** Of a volume, but for one of its uploads. */
  besidesInVolume(volumeId: string, contentId: string): OpenTotal {
    return this.#besides(`of volume ${volumeId}`, contentId);
  }

  /** Of what was begun with the same credentials, but for one of these. */
  besidesOfToken({ tokenId }: volume.UploadLimits, contentId: string): OpenTotal {
    return this.#besides(`of token ${tokenId}`, contentId);
  }

  /** What an upload takes from now on. */
  hold(contentId: string, upload: OpenUpload): void {
    this.release(contentId);
    this.#uploads.set(contentId, upload);
    this.#count(upload, 1);
  }

  /** It is a file now, or was given up. */
  release(contentId: string): void {
    const upload = this.#uploads.get(contentId);
    if (!upload) return;
    this.#count(upload, -1);
    this.#uploads.delete(contentId);
  }

  /** Of a volume that is gone. */
  forget(volumeId: string): void {
    this.#known.delete(volumeId);
    for (const [contentId, upload] of this.#uploads) if (upload.volumeId === volumeId) this.release(contentId);
  }

  #besides(owner: string, contentId: string): OpenTotal {
    const total = this.#totals.get(owner) ?? NOTHING;
    const upload = this.#uploads.get(contentId);
    if (!upload || !ownersOf(upload).includes(owner)) return total;
    return { bytes: total.bytes - upload.bytes, uploads: total.uploads - 1 };
  }

  #count(upload: OpenUpload, by: 1 | -1): void {
    for (const owner of ownersOf(upload)) {
      const before = this.#totals.get(owner) ?? NOTHING;
      const next = { bytes: before.bytes + by * upload.bytes, uploads: before.uploads + by };
      if (next.uploads === 0) this.#totals.delete(owner);
      else this.#totals.set(owner, next);
    }
  }
}

function ownersOf({ volumeId, limits }: OpenUpload): string[] {
  return [`of volume ${volumeId}`, ...(limits ? [`of token ${limits.tokenId}`] : [])];
}
