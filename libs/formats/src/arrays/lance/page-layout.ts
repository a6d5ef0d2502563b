import { NotSupported } from "@sluice/parquet";
import { Message } from "../../protobuf.ts";

/** Every value is there. Source: lance, `protos/encodings_v2_1.proto`. */
const ALL_VALID = 1;
const LZ4 = 1;

/** How values are compressed: a tree, of which what is not read is refused by name. */
export type Encoding =
  | { readonly kind: "flat"; readonly bits: number }
  | { readonly kind: "bitpacked"; readonly bits: number }
  | { readonly kind: "list"; readonly items: number; readonly values: Encoding }
  | { readonly kind: "split"; readonly values: Encoding }
  | { readonly kind: "runs"; readonly values: Encoding; readonly lengths: Encoding }
  | { readonly kind: "texts"; readonly offsetBits: number }
  | { readonly kind: "fsst"; readonly symbols: Uint8Array };

/** Values that a page has once. */
export interface Dictionary {
  readonly count: number;
  readonly values: Encoding;
  /** It is compressed by LZ4, behind its length. */
  readonly isLz4: boolean;
}

/** How the rows of a page lie. */
export type PageLayout =
  /** In chunks of some kilobytes, of which each is decompressed by itself. */
  | {
      readonly kind: "chunks";
      readonly values: Encoding;
      readonly bufferCount: number;
      readonly isWide: boolean;
      /** What values stand for, by their numbers. */
      readonly dictionary: Dictionary | undefined;
    }
  /** One after the other. */
  | { readonly kind: "rows"; readonly rowBytes: number }
  /** One after the other, behind its length. */
  | { readonly kind: "long texts"; readonly lengthBytes: number; readonly values: Encoding }
  | { readonly kind: "constant"; readonly value: Uint8Array }
  /** One text for all rows, in a buffer. */
  | { readonly kind: "constant text" };

/** @throws {NotSupported} for what is not read; {Damage} */
export function parsePageLayout(bytes: Uint8Array): PageLayout {
  const any = new Message(bytes);
  const layout = any.message(2);
  if (layout.has(1)) return chunksOf(layout.message(1));
  if (layout.has(2)) return constantOf(layout.message(2));
  if (layout.has(3)) return rowsOf(layout.message(3));
  throw new NotSupported("it holds blobs");
}

function chunksOf(layout: Message): PageLayout {
  if (layout.has(1)) throw new NotSupported("it holds lists of any length");
  if (layout.has(2)) throw new NotSupported("it has nulls");
  checkLayers(layout.numbers(6));
  return {
    ...{ kind: "chunks", values: encodingOf(layout.message(3)), bufferCount: layout.number(7) },
    isWide: layout.number(10) === 1,
    dictionary: layout.has(4) ? dictionaryOf(layout.message(4), layout.number(5)) : undefined,
  };
}

function dictionaryOf(encoding: Message, count: number): Dictionary {
  const general = encoding.has(10) ? encoding.message(10) : undefined;
  if (general && general.message(1).number(1) !== LZ4)
    throw new NotSupported("its dictionary is compressed otherwise than by LZ4");
  const values = encodingOf(general ? general.message(3) : encoding);
  if (values.kind !== "flat" && !(values.kind === "texts" && values.offsetBits === 32))
    throw new NotSupported("its dictionary is compressed");
  return { count, values, isLz4: general !== undefined };
}

function checkLayers(layers: readonly number[]): void {
  if (layers.length !== 1 || layers[0] !== ALL_VALID) throw new NotSupported("it has nulls or lists");
}

function constantOf(layout: Message): PageLayout {
  checkLayers(layout.numbers(5));
  return layout.has(6) ? { kind: "constant", value: layout.bytes(6) } : { kind: "constant text" };
}

function rowsOf(layout: Message): PageLayout {
  checkLayers(layout.numbers(8));
  if (layout.number(1) !== 0 || layout.number(2) !== 0) throw new NotSupported("it has nulls or lists");
  const values = encodingOf(layout.message(7));
  if (layout.has(4)) return { kind: "long texts", lengthBytes: layout.number(4) / 8, values };
  const isPlain = values.kind === "flat" || (values.kind === "list" && values.values.kind === "flat");
  if (!isPlain || layout.number(3) % 8 !== 0) throw new NotSupported("its rows are compressed one by one");
  return { kind: "rows", rowBytes: layout.number(3) / 8 };
}

function encodingOf(encoding: Message): Encoding {
  if (encoding.has(1)) return { kind: "flat", bits: plain(encoding.message(1)).number(1) };
  if (encoding.has(2)) return textsOf(encoding.message(2));
  if (encoding.has(5)) return { kind: "bitpacked", bits: plain(encoding.message(5)).number(1) };
  if (encoding.has(6)) return fsstOf(encoding.message(6));
  if (encoding.has(8)) return runsOf(encoding.message(8));
  if (encoding.has(9)) return { kind: "split", values: encodingOf(encoding.message(9).message(1)) };
  if (encoding.has(11)) return listOf(encoding.message(11));
  throw new NotSupported("it is compressed in a way that is not read");
}

/** Without a compression of its buffer. */
function plain(leaf: Message): Message {
  if (leaf.has(2)) throw new NotSupported("its buffers are compressed");
  return leaf;
}

function textsOf(texts: Message): Encoding {
  const offsets = encodingOf(plain(texts).message(1));
  if (offsets.kind !== "flat" || (offsets.bits !== 32 && offsets.bits !== 64))
    throw new NotSupported("the places of its texts are compressed");
  return { kind: "texts", offsetBits: offsets.bits };
}

function fsstOf(fsst: Message): Encoding {
  const inner = encodingOf(fsst.message(2));
  if (inner.kind !== "texts" || inner.offsetBits !== 32) throw new NotSupported("its texts are compressed twice");
  return { kind: "fsst", symbols: fsst.bytes(1) };
}

function runsOf(runs: Message): Encoding {
  return { kind: "runs", values: encodingOf(runs.message(1)), lengths: encodingOf(runs.message(2)) };
}

function listOf(list: Message): Encoding {
  if (list.number(3) !== 0) throw new NotSupported("its vectors have nulls");
  return { kind: "list", items: list.number(1), values: encodingOf(list.message(2)) };
}
