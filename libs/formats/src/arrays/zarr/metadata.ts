import { type BytesCodec, bytesCodec } from "./codecs.ts";
import { type ElementText, elementsOfV3 } from "./data-types.ts";
import { malformed, unsupported } from "./unsupported.ts";

/** What an array's metadata say. Its grid is that of what is decompressed alone: of a sharded one the chunks in shards. */
export interface ZarrArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: ElementText;
  /** Elements of a chunk along each dimension. */
  readonly chunk: readonly number[];
  /** In a chunk the first index varies fastest. */
  readonly isTurned: boolean;
  readonly codecs: readonly BytesCodec[];
  readonly fill: unknown;
  /** Numbers that stand for no value. */
  readonly missing?: readonly (number | bigint)[];
  /** The name of a chunk's file, or of a shard's, below the array's folder. */
  readonly keyOf: (place: readonly number[]) => string;
  readonly shards: Shards | undefined;
}

/** Files that hold many chunks each. */
export interface Shards {
  /** Chunks of a shard along each dimension. */
  readonly counts: readonly number[];
  readonly isIndexFirst: boolean;
  readonly isIndexBig: boolean;
  readonly indexCodecs: readonly BytesCodec[];
  /** Steps that a shard's file was put through as a whole; none where its chunks can be read from where they lie. */
  readonly wholeCodecs: readonly BytesCodec[];
}

type Json = Readonly<Record<string, unknown>>;

const SHARDING = "sharding_indexed";
const RESHARD = "write it with chunks and one level of shards";

/** What TensorStore calls bfloat16 in version 2, where NumPy has no name for it; it is little-endian. */
const BFLOAT16 = "bfloat16";

/** Of `.zarray`. Source: zarr-specs, v2. @throws {ImportError} `unsupported`, `malformed_file` */
export function parseV2(name: string, meta: Json): ZarrArray {
  if (meta.zarr_format !== 2)
    throw malformed(name, `is of version ${JSON.stringify(meta.zarr_format)} in a file of version 2`);
  const filters = (meta.filters ?? []) as readonly Json[];
  const isText = filters.length === 1 && filters[0].id === "vlen-utf8" && meta.dtype === "|O";
  if (filters.length > 0 && !isText)
    throw unsupported(
      name,
      `is put through ${filters.map(({ id }) => id).join(", ")}, which is not undone: write it without filters`,
    );
  if (typeof meta.dtype !== "string") throw unsupported(name, "holds structures, which no field takes");
  const compressor = meta.compressor as Json | null;
  const separator = (meta.dimension_separator as string | undefined) ?? ".";
  return {
    ...gridOf(name, meta.shape, meta.chunks),
    elements: isText ? "text" : { descr: meta.dtype === BFLOAT16 ? "<V2" : meta.dtype },
    isTurned: meta.order === "F",
    codecs: compressor ? [bytesCodec(compressor.id, name)] : [],
    fill: meta.fill_value,
    keyOf: (place) => place.join(separator) || "0",
    shards: undefined,
  };
}

/** Of `zarr.json`. Source: zarr-specs 3.1. @throws {ImportError} `unsupported`, `malformed_file` */
export function parseV3(name: string, meta: Json): ZarrArray {
  if (meta.zarr_format !== 3)
    throw malformed(name, `is of version ${JSON.stringify(meta.zarr_format)} in a file of version 3`);
  const grid = meta.chunk_grid as Json;
  if (grid.name !== "regular") throw unsupported(name, `has chunks of the kind ${JSON.stringify(grid.name)}`);
  if (((meta.storage_transformers ?? []) as unknown[]).length > 0)
    throw unsupported(name, "is stored by a transformer, which is not read");
  const whole = gridOf(name, meta.shape, configuration(grid).chunk_shape);
  const codecs = meta.codecs as readonly Json[];
  const isSharded = codecs[0]?.name === SHARDING;
  const inner = isSharded ? shardsOf(name, whole, codecs) : { ...whole, shards: undefined, codecs };
  const steps = stepsOf(name, inner.codecs);
  return {
    ...{ name, shape: whole.shape, chunk: inner.chunk, shards: inner.shards },
    elements: elementsOfV3(meta.data_type, steps.isBig, name),
    isTurned: steps.isTurned,
    codecs: steps.codecs,
    fill: meta.fill_value,
    keyOf: keysOf(name, meta.chunk_key_encoding as Json),
  };
}

function gridOf(name: string, shape: unknown, chunk: unknown): Pick<ZarrArray, "name" | "shape" | "chunk"> {
  const isList = (list: unknown, least: number): list is number[] =>
    Array.isArray(list) && list.length <= 32 && list.every((size) => Number.isSafeInteger(size) && size >= least);
  if (!isList(shape, 0) || !isList(chunk, 1) || chunk.length !== shape.length)
    throw malformed(name, `of the shape ${JSON.stringify(shape)} has chunks of ${JSON.stringify(chunk)}`);
  return { name, shape, chunk };
}

function configuration(part: Json): Json {
  return (part.configuration ?? {}) as Json;
}

function shardsOf(
  name: string,
  { shape, chunk: shard }: Pick<ZarrArray, "shape" | "chunk">,
  [sharding, ...rest]: readonly Json[],
) {
  const config = configuration(sharding);
  const { chunk } = gridOf(name, shape, config.chunk_shape);
  const counts = shard.map((size, i) => size / chunk[i]);
  if (!counts.every(Number.isInteger)) throw malformed(name, `has shards of (${shard}) with chunks of (${chunk})`);
  const wholeCodecs = rest.map((codec) => bytesCodec(codec.name, name));
  const shards = { counts, isIndexFirst: config.index_location === "start", wholeCodecs, ...indexOf(name, config) };
  return { chunk, shards, codecs: config.codecs as readonly Json[] };
}

/** An index is found by its length, which has to follow from that of the shard. */
function indexOf(name: string, config: Json): Pick<Shards, "isIndexBig" | "indexCodecs"> {
  const given = config.index_codecs as readonly Json[];
  const other = given.find((codec) => codec.name !== "bytes" && codec.name !== "crc32c");
  if (other) {
    const what = `has an index of shards that is put through ${JSON.stringify(other.name)}`;
    throw unsupported(name, `${what}: write it with the index codecs "bytes" and "crc32c"`);
  }
  const { isBig, codecs } = stepsOf(name, given);
  return { isIndexBig: isBig, indexCodecs: codecs };
}

/** Steps from values to bytes: turned, as bytes, compressed. */
function stepsOf(name: string, codecs: readonly Json[]): { isTurned: boolean; isBig: boolean; codecs: BytesCodec[] } {
  const rest = [...codecs];
  let isTurned = false;
  while (rest[0]?.name === "transpose") {
    const { order } = configuration(rest.shift() as Json);
    if (order === "F" || (Array.isArray(order) && order.length === 2 && order[0] === 1)) isTurned = !isTurned;
    else if (order !== "C" && !(Array.isArray(order) && order.every((axis, i) => axis === i)))
      throw unsupported(name, `is transposed by ${JSON.stringify(order)}`);
  }
  const values = rest.shift();
  if (values?.name === SHARDING)
    throw unsupported(
      name,
      `${isTurned ? "is turned before it is cut into shards" : "has shards in shards"}: ${RESHARD}`,
    );
  if (values?.name !== "bytes" && values?.name !== "vlen-utf8")
    throw unsupported(name, `is written by the codec ${JSON.stringify(values?.name)}, which is not read`);
  const isBig = configuration(values).endian === "big";
  return { isTurned, isBig, codecs: rest.map((codec) => bytesCodec(codec.name, name)) };
}

function keysOf(name: string, encoding: Json): ZarrArray["keyOf"] {
  const { separator } = configuration(encoding);
  if (encoding.name === "v2") return (place) => place.join((separator as string) ?? ".") || "0";
  if (encoding.name !== "default") throw unsupported(name, `names its chunks by ${JSON.stringify(encoding.name)}`);
  return (place) => ["c", ...place].join((separator as string) ?? "/");
}
