import { malformed } from "../one-file.ts";
import { type Hdf5Type, parseDatatype } from "./datatype.ts";
import { type Filter, parseFilters } from "./filters.ts";
import type { FoundDataset } from "./groups.ts";
import { addressAt, byteAt, uint16At, uint32At, uintAt, unsupported } from "./hdf5-file.ts";
import { messageTypes } from "./object-header.ts";

const MAX_RANK = 32;

/** What is known of a data set before its values are read. */
export interface Dataset {
  readonly path: string;
  readonly type: Hdf5Type;
  /** Empty for a single value. */
  readonly shape: readonly number[];
  /** How far each dimension may grow, without end too; by these, and not by the shape, chunks are numbered. */
  readonly maxShape: readonly number[];
  readonly layout: Layout;
  readonly filters: readonly Filter[];
  /** What stands for values that were never written; undefined: zeros. */
  readonly fill: Uint8Array | undefined;
}

/** Where the values of a data set are. */
export type Layout =
  /** One after the other, at an address; none where nothing was written. */
  | { readonly kind: "contiguous"; readonly address: number }
  /** In the header itself. */
  | { readonly kind: "compact"; readonly data: Uint8Array }
  | { readonly kind: "chunked"; readonly chunk: readonly number[]; readonly index: ChunkIndexPlace }
  /** Values that are in another place than this file, or are made. */
  | { readonly kind: "elsewhere"; readonly why: string };

/** Where the chunks of a data set are listed. */
export type ChunkIndexPlace =
  | { readonly kind: "tree"; readonly address: number }
  | { readonly kind: "single"; readonly address: number; readonly sizeBytes: number | undefined; readonly mask: number }
  | { readonly kind: "implicit"; readonly address: number }
  | { readonly kind: "fixed array"; readonly address: number }
  | { readonly kind: "extensible array"; readonly address: number };

/** @throws {ImportError} `unsupported` for what is not read, by its name; `malformed_file` */
export function parseDataset({ path, messages }: FoundDataset): Dataset {
  const find = (type: number) => messages.find((message) => message.type === type);
  const need = (type: number, what: string) => {
    const message = find(type);
    if (!message) throw malformed(`data set '${path}' has no ${what}`, 0);
    if (message.isShared) throw unsupported(`data set '${path}' has a named ${what}, which is not read`);
    return message.data;
  };
  const filters = find(messageTypes.filters);
  return {
    path,
    type: parseDatatype(need(messageTypes.datatype, "type")),
    ...parseDataspace(need(messageTypes.dataspace, "shape")),
    layout: find(messageTypes.externalFiles)
      ? { kind: "elsewhere", why: "has its values in other files" }
      : parseLayout(need(messageTypes.layout, "layout")),
    filters: filters ? parseFilters(filters.data) : [],
    fill: parseFill(find(messageTypes.fill)?.data, find(messageTypes.oldFill)?.data),
  };
}

function parseDataspace(data: DataView): Pick<Dataset, "shape" | "maxShape"> {
  const version = byteAt(data, 0);
  const rank = byteAt(data, 1);
  if (version < 1 || version > 2 || rank > MAX_RANK)
    throw malformed(`a shape of version ${version} has ${rank} dimensions`, 0);
  // The second version tells a scalar from what has no values at all.
  if (version === 2 && byteAt(data, 3) === 2) return { shape: [0], maxShape: [0] };
  const at = version === 1 ? 8 : 4;
  const sizesAt = (start: number) => Array.from({ length: rank }, (_, i) => addressAt(data, start + 8 * i));
  const shape = sizesAt(at);
  return { shape, maxShape: byteAt(data, 2) & 1 ? sizesAt(at + 8 * rank) : shape };
}

function parseLayout(data: DataView): Layout {
  const version = byteAt(data, 0);
  const layoutClass = byteAt(data, 1);
  if (version < 3 || version > 5)
    throw unsupported(`a layout has the version ${version}: rewrite the file by h5repack`);
  switch (layoutClass) {
    case 0: {
      const size = uint16At(data, 2);
      if (4 + size > data.byteLength) throw malformed("a compact data set is longer than its header", 0);
      return { kind: "compact", data: new Uint8Array(data.buffer, data.byteOffset + 4, size) };
    }
    case 1:
      return { kind: "contiguous", address: addressAt(data, 2) };
    case 2:
      return version === 3 ? oldChunks(data) : newChunks(data);
    case 3:
      return { kind: "elsewhere", why: "is a virtual one, made of others" };
    default:
      throw malformed(`a layout is of the class ${layoutClass}`, 0);
  }
}

/** The last of the dimensions is the size of an element. */
function oldChunks(data: DataView): Layout {
  const rank = byteAt(data, 2) - 1;
  if (rank < 0 || rank > MAX_RANK) throw malformed(`chunks have ${rank} dimensions`, 0);
  const chunk = Array.from({ length: rank }, (_, i) => uint32At(data, 11 + 4 * i));
  return { kind: "chunked", chunk, index: { kind: "tree", address: addressAt(data, 3) } };
}

const TREE_OF_VERSION_2 = 5;

function newChunks(data: DataView): Layout {
  const [flags, rank, sizeBytes] = [byteAt(data, 2), byteAt(data, 3) - 1, byteAt(data, 4)];
  if (rank < 0 || rank > MAX_RANK || sizeBytes < 1 || sizeBytes > 8)
    throw malformed(`chunks have ${rank} dimensions`, 0);
  const chunk = Array.from({ length: rank }, (_, i) => uintAt(data, 5 + sizeBytes * i, sizeBytes));
  const at = 5 + sizeBytes * (rank + 1);
  const type = byteAt(data, at);
  const chunked = (index: ChunkIndexPlace): Layout => ({ kind: "chunked", chunk, index });
  switch (type) {
    case 1: {
      const isFiltered = (flags & 2) !== 0;
      const address = addressAt(data, at + 1 + (isFiltered ? 12 : 0));
      const size = isFiltered ? addressAt(data, at + 1) : undefined;
      return chunked({ kind: "single", address, sizeBytes: size, mask: isFiltered ? uint32At(data, at + 9) : 0 });
    }
    case 2:
      return chunked({ kind: "implicit", address: addressAt(data, at + 1) });
    case 3:
      return chunked({ kind: "fixed array", address: addressAt(data, at + 2) });
    case 4:
      return chunked({ kind: "extensible array", address: addressAt(data, at + 6) });
    default: {
      const how = type === TREE_OF_VERSION_2 ? "a tree of the second version" : `an index of type ${type}`;
      const why = `has its chunks listed in ${how}, the newest form of a data set that grows in several directions: write it with libver='earliest', or rewrite it by h5repack --low=0 --high=0`;
      return { kind: "elsewhere", why };
    }
  }
}

function parseFill(data: DataView | undefined, old: DataView | undefined): Uint8Array | undefined {
  if (!data) return old && bytesOf(old, 0);
  const version = byteAt(data, 0);
  if (version === 3) return byteAt(data, 1) & 0x20 ? bytesOf(data, 2) : undefined;
  return version === 1 || byteAt(data, 3) === 1 ? bytesOf(data, 4) : undefined;
}

/** A size and so many bytes; undefined for none. */
function bytesOf(data: DataView, at: number): Uint8Array | undefined {
  const size = uint32At(data, at);
  if (size === 0 || at + 4 + size > data.byteLength) return undefined;
  return new Uint8Array(data.buffer, data.byteOffset + at + 4, size);
}
