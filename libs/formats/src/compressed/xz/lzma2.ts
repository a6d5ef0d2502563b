import type { ByteFeed } from "../byte-feed.ts";
import { need, Undecodable } from "../own-decoding.ts";
import { LzmaDecoder } from "./lzma-decoder.ts";
import { Window } from "./window.ts";

/** Most content of a chunk, which the window holds until it is taken. */
const MAX_CHUNK_BYTES = 2 << 20;
/** Control bytes. Source: the format's description in XZ for Java 1.9 and xz 5.4, `lzma2_decoder.c`. */
const END = 0;
const STORED_AFRESH = 1;
const STORED = 2;
const CODED = 0x80;
/** From these on a coded chunk begins with … */
const WITH_STATE = 0xa0;
const WITH_PROPERTIES = 0xc0;
const AFRESH = 0xe0;

/** The chunks of an LZMA2 stream up to its end. @param dictionaryBytes how far back they repeat */
export async function* unLzma2(feed: ByteFeed, dictionaryBytes: number): AsyncGenerator<Uint8Array> {
  const window = new Window(Math.max(dictionaryBytes, MAX_CHUNK_BYTES));
  const chunks = new Chunks(window);
  for (;;) {
    await need(feed, 1);
    const control = feed.bytes[feed.at];
    if (control === END) break;
    const head = headBytes(control);
    await need(feed, head);
    const { packed, content } = sizesOf(feed.bytes.subarray(feed.at, feed.at + head));
    await need(feed, head + packed);
    window.reserve(content);
    chunks.decode(control, feed.bytes.subarray(0, feed.at + head + packed), feed.at + head, content);
    feed.at += head + packed;
    yield window.take(content);
  }
  feed.at++;
}

function headBytes(control: number): number {
  if (control < CODED) return 3;
  return control >= WITH_PROPERTIES ? 6 : 5;
}

function sizesOf([control, high, low, packedHigh, packedLow]: Uint8Array): { packed: number; content: number } {
  const content = ((high << 8) | low) + 1;
  if (control < CODED) return { packed: content, content };
  return { packed: ((packedHigh << 8) | packedLow) + 1, content: ((control & 0x1f) << 16) + content };
}

class Chunks {
  readonly #window: Window;
  readonly #lzma: LzmaDecoder;
  /** What the next coded chunk has to bring. */
  #needsDictionary = true;
  #needsProperties = true;

  constructor(window: Window) {
    this.#window = window;
    this.#lzma = new LzmaDecoder(window);
  }

  /** @param bytes end with the chunk @param at behind its head */
  decode(control: number, bytes: Uint8Array, at: number, content: number): void {
    if (control > STORED && control < CODED) throw new Undecodable(`a chunk is of the unknown kind ${control}`);
    if (control === STORED_AFRESH || control >= AFRESH) this.#forget();
    else if (this.#needsDictionary) throw new Undecodable("the first chunk goes on from one before");
    if (control < CODED) this.#stored(bytes.subarray(at));
    else {
      this.#prepare(control, bytes[at - 1]);
      this.#lzma.decode(bytes, at, bytes.length, content);
    }
  }

  #forget(): void {
    this.#window.forget();
    this.#lzma.restart();
    this.#needsDictionary = false;
    this.#needsProperties = true;
  }

  #stored(bytes: Uint8Array): void {
    this.#window.append(bytes);
    this.#lzma.moved(bytes.length);
  }

  #prepare(control: number, properties: number): void {
    if (control >= WITH_PROPERTIES) {
      this.#lzma.setProperties(properties);
      this.#needsProperties = false;
    } else if (this.#needsProperties) throw new Undecodable("a chunk comes before its properties");
    if (control >= WITH_STATE) this.#lzma.reset();
  }
}
