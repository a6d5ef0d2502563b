import { type NumberKind, numberReaders, viewsOf } from "../../../numbers/number-kind.ts";
import type { ArrowValues } from "./arrow-values.ts";
import type { ReadMemory } from "./batch-body.ts";
import { damaged } from "./damage.ts";

/**
 * Values by their places in a dictionary. A null index, and a null in the dictionary, are null.
 * @throws {ImportError} for a place that the dictionary has not
 */
export function lookUp(
  values: ArrowValues,
  raw: Uint8Array,
  kind: NumberKind,
  validity: Uint8Array | undefined,
  count: number,
  memory: ReadMemory,
): ArrowValues {
  const read = numberReaders[kind];
  const views = viewsOf(raw);
  const indexes = new Int32Array(count);
  const isValid = new Uint8Array(count);
  for (let i = 0; i < count; i++) {
    if (validity?.[i] === 0) continue;
    const index = read(views, i);
    if (!(index >= 0 && index < values.length))
      throw damaged(`place ${index} of a dictionary of ${values.length} values`);
    indexes[i] = index;
    isValid[i] = values.validity?.[index] ?? 1;
  }
  const base = {
    field: values.field,
    length: count,
    validity: isValid.includes(0) ? isValid : undefined,
    children: [],
  };
  const { layout } = values.field.type;
  const isText = layout === "var" || layout === "view";
  return isText
    ? { ...base, ...texts(values, indexes, isValid, memory) }
    : { ...base, data: fixed(values, indexes, isValid, memory), offsets: new Uint32Array(1) };
}

function texts({ data, offsets }: ArrowValues, indexes: Int32Array, isValid: Uint8Array, memory: ReadMemory) {
  const found = new Uint32Array(indexes.length + 1);
  let total = 0;
  for (let i = 0; i < indexes.length; i++) {
    if (isValid[i] === 1) total += offsets[indexes[i] + 1] - offsets[indexes[i]];
    found[i + 1] = total;
  }
  // A long text that is named by every row takes more than the file has.
  memory.claim(total);
  const bytes = new Uint8Array(total);
  for (let i = 0; i < indexes.length; i++)
    if (isValid[i] === 1) bytes.set(data.subarray(offsets[indexes[i]], offsets[indexes[i] + 1]), found[i]);
  return { data: bytes, offsets: found };
}

function fixed({ field, data }: ArrowValues, indexes: Int32Array, isValid: Uint8Array, memory: ReadMemory): Uint8Array {
  const width = field.type.layout === "bits" ? 1 : field.type.width;
  memory.claim(indexes.length * width);
  const bytes = new Uint8Array(indexes.length * width);
  for (let i = 0; i < indexes.length; i++) {
    if (isValid[i] === 0) continue;
    for (let k = 0; k < width; k++) bytes[i * width + k] = data[indexes[i] * width + k];
  }
  return bytes;
}
