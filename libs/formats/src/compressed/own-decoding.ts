import type { SourceFile } from "@sluice/object-store";
import { ByteFeed } from "./byte-feed.ts";
import { breaksOff, cannotDecompress, type Decompression } from "./decompression.ts";

/** Why a decoder cannot go on. */
export class Undecodable extends Error {}

/** The file ends before what it holds does. */
export class BrokenOff extends Undecodable {}

/**
 * Decodes all streams that follow each other in a file, in pieces that are bounded whatever the file claims.
 * @throws {Undecodable}
 */
export type Decoder = (feed: ByteFeed) => AsyncGenerator<Uint8Array>;

/** A compression that is decoded here, in this thread. */
export class OwnDecoding implements Decompression {
  readonly #file: SourceFile;
  readonly #name: string;
  readonly #feed: ByteFeed;
  readonly #pieces: AsyncGenerator<Uint8Array>;

  constructor(file: SourceFile, name: string, decoder: Decoder, signal?: AbortSignal) {
    this.#file = file;
    this.#name = name;
    this.#feed = new ByteFeed(file, signal);
    this.#pieces = decoder(this.#feed);
  }

  get compressedBytes(): number {
    return this.#feed.position;
  }

  async next(): Promise<Uint8Array | undefined> {
    try {
      const { value, done } = await this.#pieces.next();
      return done ? undefined : value;
    } catch (error) {
      throw this.#located(error);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pieces.return(undefined);
    await this.#feed[Symbol.asyncDispose]();
  }

  #located(error: unknown): unknown {
    if (!(error instanceof Undecodable)) return error;
    const { position, at, end } = this.#feed;
    if (error instanceof BrokenOff)
      return cannotDecompress(this.#file, this.#name, breaksOff(this.#name, position - at + end));
    const why = `${error.message}, about byte ${position} of the compressed file`;
    return cannotDecompress(this.#file, this.#name, why);
  }
}

/** @throws {BrokenOff} unless so many bytes are there */
export async function need(feed: ByteFeed, count: number): Promise<void> {
  if (!(await feed.has(count))) throw new BrokenOff();
}

/** Passes over zeros between streams and at the end, up to the next other byte. @returns how many; the feed is at its end, or there */
export async function skipZeros(feed: ByteFeed): Promise<number> {
  let count = 0;
  while (await feed.has(1)) {
    const first = feed.at;
    while (feed.at < feed.end && feed.bytes[feed.at] === 0) feed.at++;
    count += feed.at - first;
    if (feed.at < feed.end) break;
  }
  return count;
}
