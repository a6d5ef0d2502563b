import { ObjectChanged } from "./s3-errors.ts";

/** What the requests of one read find out about their object together: they must all see the same one. */
export class ObjectVersion {
  #etag: string;
  #totalBytes: number | undefined;
  #past = Number.POSITIVE_INFINITY;

  /** @param etag the one that the object must have; "" is any */
  constructor(etag: string) {
    this.#etag = etag;
  }

  /** "" until it is known. */
  get etag(): string {
    return this.#etag;
  }

  /** No byte of the object lies at this offset or behind; infinite until it is known. */
  get endOffset(): number {
    return this.#totalBytes ?? this.#past;
  }

  /** @throws {ObjectChanged} another request of this read has seen another version */
  see(etag: string, totalBytes: number): void {
    const isOther = this.#etag !== "" && etag !== "" && etag !== this.#etag;
    const hasOtherEnd = this.#totalBytes !== undefined && this.#totalBytes !== totalBytes;
    if (isOther || hasOtherEnd || totalBytes > this.#past) throw new ObjectChanged("it was replaced while it was read");
    this.#etag ||= etag;
    this.#totalBytes = totalBytes;
  }

  /** A request from `offset` on found nothing. @throws as `see` */
  endsBefore(offset: number): void {
    if (this.#totalBytes !== undefined && this.#totalBytes > offset) throw new ObjectChanged("it has become shorter");
    this.#past = Math.min(this.#past, offset);
  }
}
