import { excerpt, ImportError } from "@sluice/errors";
import type { SourceFile } from "@sluice/object-store";
import type { ArraySet, NamedArray } from "../array-set.ts";
import { type Attributes, descrBy, missingBy } from "../cf-attributes.ts";
import { arraySet } from "../one-file.ts";
import { zarrHeader } from "./array-rows.ts";
import { storedChunks } from "./chunk-files.ts";
import { parseV2, parseV3, type ZarrArray } from "./metadata.ts";
import { zarrFolders, zarrRoot } from "./store-files.ts";
import { unsupported } from "./unsupported.ts";

/** Of a file of metadata; with the attributes of an array. */
const MAX_NOTE_BYTES = 16 << 20;

/** The arrays of a store, called by their paths from its root on: `vector`, `a/b/ids`; one that is the whole store, like it. */
export async function zarrArrays(sources: readonly SourceFile[], signal: AbortSignal): Promise<ArraySet> {
  const paths = new Map(sources.map((file) => [file.path, file]));
  const root = zarrRoot([...paths.keys()]);
  if (root === undefined) throw new ImportError("unsupported", "the files are not those of one zarr store");
  const arrays: NamedArray[] = [];
  const notes: string[] = [];
  for (const folder of zarrFolders([...paths.keys()])) {
    const found = await arrayAt(folder, folder.slice(root.length, -1) || storeName(root), paths, signal);
    if (!found) continue;
    arrays.push(found.named);
    if (found.note !== undefined) notes.push(found.note);
  }
  return { ...arraySet("zarr store", arrays), notes };
}

/** `emb` of `data/emb.zarr/`. */
function storeName(root: string): string {
  const name = root.slice(0, -1);
  return name.slice(name.lastIndexOf("/") + 1).replace(/(\.zarr)?(\.zip!)?$/, "") || "array";
}

async function arrayAt(
  folder: string,
  name: string,
  paths: ReadonlyMap<string, SourceFile>,
  signal: AbortSignal,
): Promise<{ readonly named: NamedArray; readonly note: string | undefined } | undefined> {
  const v3 = paths.get(`${folder}zarr.json`);
  const note = v3 ?? paths.get(`${folder}.zarray`);
  // A group of version 2.
  if (!note) return undefined;
  const meta = await readNote(note, signal);
  if (v3 && meta.node_type === "group") return undefined;
  const attributes = await attributesOf(meta, v3 ? undefined : paths.get(`${folder}.zattrs`), signal);
  const parsed = parseNote(note, () => asAttributesSay(v3 ? parseV3(name, meta) : parseV2(name, meta), attributes));
  const base = { name, source: note };
  if (parsed instanceof ImportError) {
    const header = () => Promise.reject(parsed);
    return { named: { ...base, header }, note: undefined };
  }
  const stored = storedChunks(parsed, (key) => paths.get(folder + key));
  const header = (readSignal = signal) => zarrHeader(parsed, stored, readSignal);
  const isMatrix = parsed.shape.length === 2;
  return {
    named: isMatrix ? { ...base, header, role: "vectors" } : { ...base, header },
    note: missingNote(parsed, folder, paths),
  };
}

/** @throws {ImportError} `unsupported` where its numbers are not its values */
function asAttributesSay(array: ZarrArray, attributes: Attributes): ZarrArray {
  const { name, elements } = array;
  const given = elements === "text" ? "" : elements.descr;
  const descr = descrBy(attributes, name, given, (why) => unsupported(name, why));
  const missing = missingBy({ ...fillOfXarray(array, attributes), ...attributes });
  return { ...array, missing, ...(descr !== given && { elements: { descr } }) };
}

/**
 * In stores of version 2 xarray has `_FillValue` as the value of chunks that are not there, which is 0 where nobody has chosen it: that is
 * taken for a number.
 */
function fillOfXarray({ fill }: ZarrArray, attributes: Attributes): Attributes {
  const isOfXarray = "_ARRAY_DIMENSIONS" in attributes;
  return isOfXarray && Number(fill) !== 0 ? { _FillValue: fill } : {};
}

/** @param own file of attributes, as arrays of version 2 have one */
async function attributesOf(
  meta: Record<string, unknown>,
  own: SourceFile | undefined,
  signal: AbortSignal,
): Promise<Attributes> {
  return own ? await readNote(own, signal) : ((meta.attributes ?? {}) as Attributes);
}

/** What is wrong with an array that nobody asks for does not matter. */
function parseNote(note: SourceFile, parse: () => ZarrArray): ZarrArray | ImportError {
  try {
    return parse();
  } catch (error) {
    const at = { file: note.path };
    if (error instanceof ImportError) return new ImportError(error.code, error.reason, at);
    // Metadata are JSON of any shape: who looks for a member of what is none finds out so.
    if (!(error instanceof TypeError)) throw error;
    return new ImportError("malformed_file", `the metadata are damaged: ${error.message}`, at, { cause: error });
  }
}

async function readNote(note: SourceFile, signal: AbortSignal): Promise<Record<string, unknown>> {
  if (note.sizeBytes > MAX_NOTE_BYTES)
    throw new ImportError("unsupported", `the metadata have ${note.sizeBytes} bytes, more than ${MAX_NOTE_BYTES}`, {
      file: note.path,
    });
  const bytes = Buffer.alloc(note.sizeBytes);
  const count = await note.readInto(0, bytes, signal);
  try {
    const meta = parseJson(bytes.toString("utf8", 0, count));
    if (typeof meta === "object" && meta !== null) return meta as Record<string, unknown>;
    throw new SyntaxError("they are no object");
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ImportError("malformed_file", `the metadata are no JSON: ${error.message}`, { file: note.path });
  }
}

type SourceReviver = (key: string, value: unknown, context: { readonly source?: string }) => unknown;
const parseWith = JSON.parse as (text: string, reviver: SourceReviver) => unknown;

/** Attributes may be NaN, which zarr-python writes as it is; nothing that is asked of them is. Integers beyond 2^53 are bigints. */
function parseJson(text: string): unknown {
  return parseWith(/\b(NaN|Infinity)\b/.test(text) ? withoutOwnNumbers(text) : text, (_key, value, { source = "" }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(source) ? BigInt(source) : value,
  );
}

/** With null for each number that JSON has no word for; texts stay as they are. */
function withoutOwnNumbers(text: string): string {
  const marks = /"|-?(?:NaN|Infinity)/g;
  const kept: string[] = [];
  let from = 0;
  for (let found = marks.exec(text); found; found = marks.exec(text)) {
    if (found[0] === '"') marks.lastIndex = closingQuote(text, found.index) + 1;
    else {
      kept.push(text.slice(from, found.index), "null");
      from = marks.lastIndex;
    }
  }
  return kept.join("") + text.slice(from);
}

/** Of the text that begins at `at`; the end of all where there is none. */
function closingQuote(text: string, at: number): number {
  let end = at + 1;
  while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end;
}

/** Chunks that a store does not have are the fill value, on purpose or by loss: nothing tells which. */
function missingNote(
  { name, shape, chunk, shards, keyOf }: ZarrArray,
  folder: string,
  paths: ReadonlyMap<string, SourceFile>,
): string | undefined {
  const sizes = chunk.map((size, i) => size * (shards?.counts[i] ?? 1));
  const counts = shape.map((size, i) => Math.ceil(size / sizes[i]));
  const expected = counts.reduce((product, count) => product * count, 1);
  const prefix = folder + keyOf(counts.map(() => 0)).replace(/0.*$/, "");
  let there = 0;
  for (const path of paths.keys())
    if (path.startsWith(prefix) && /^\d[\d./]*$/.test(path.slice(prefix.length))) there++;
  if (there >= expected) return undefined;
  return `${expected - there} of ${expected} ${shards ? "shards" : "chunks"} of '${excerpt(name)}' are not there: their values are the fill value`;
}
