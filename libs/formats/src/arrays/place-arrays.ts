import { excerpt, ImportError } from "@sluice/errors";
import { DataType, type FieldSchema, isDenseVector } from "@sluice/schema";
import type { ProbeInput } from "../format.ts";
import type { FieldPlan } from "../plan/field-plan.ts";
import { planArrayColumn } from "./array-column.ts";
import type { ArraySet, NamedArray } from "./array-set.ts";
import { rowNumbers } from "./row-source.ts";

// Which field an array feeds that no field is named after. Files of vectors have no names of columns in them: what they hold
// is told by the file's own name, by `fields_mapping`, or, where the collection leaves no choice, by what it is.

/** Options of an import that every format of this family reads. */
export const arrayOptionKeys = ["row_number_field", "row_number_start"] as const;

/**
 * Gives arrays the names of the fields that they feed: vectors that of the only vector field that nothing else feeds and they
 * fit, keys that of the primary key. Row numbers feed the field that the option names, or, of files that have vectors and
 * nothing else, the primary key. All of it is said in warnings.
 * @throws {ImportError} `request_invalid` for a row number field that cannot be one
 */
export async function placeArrays(
  set: ArraySet,
  { plan, options, isOneOfSeveral }: ProbeInput,
  signal: AbortSignal,
  warn: (text: string) => void,
): Promise<ArraySet> {
  const placing = new Placing(set, plan, warn);
  placing.callByFields();
  placing.placeNumbers(numberedField(plan, options), options);
  await placing.placeVectors(signal);
  placing.placeKeys(options);
  if (isOneOfSeveral) placing.refuseNumberedKeys();
  return { ...set, arrays: placing.arrays };
}

class Placing {
  arrays: readonly NamedArray[];
  readonly #plan: FieldPlan;
  readonly #warn: (text: string) => void;

  constructor(set: ArraySet, plan: FieldPlan, warn: (text: string) => void) {
    this.arrays = set.arrays;
    this.#plan = plan;
    this.#warn = (text) => warn(`${set.title}: ${text}`);
  }

  /** An array with several names has those that lead to fields, or its first one. */
  callByFields(): void {
    this.arrays = this.arrays.flatMap((array) => {
      const names = [array.name, ...(array.alsoCalled ?? [])].filter((name) => this.#isNamed(name));
      return names.length === 0 ? [array] : names.map((name) => ({ ...array, name }));
    });
  }

  async placeVectors(signal: AbortSignal): Promise<void> {
    await this.#placeVectorsOf((type) => isDenseVector(type), signal);
    await this.#placeVectorsOf((type) => type === DataType.SparseFloatVector, signal);
  }

  async #placeVectorsOf(isOfThese: (type: DataType) => boolean, signal: AbortSignal): Promise<void> {
    const free = this.#plan.schema.fields.filter((field) => isOfThese(field.dataType) && this.#isFree(field));
    const unnamed = this.arrays.filter(
      ({ name, role, dataType = DataType.FloatVector }) =>
        role === "vectors" && isOfThese(dataType) && !this.#isNamed(name),
    );
    const meant = unnamed.filter(({ isMostly }) => isMostly === undefined);
    if (meant.length === 0 && unnamed.length > 0 && free.length > 0) throw await nameIt(unnamed[0], free[0], signal);
    if (meant.length !== 1 || free.length === 0) return;
    const [array] = meant;
    // Which of several is told by type and dimension; of one, what does not fit is better told than nothing.
    const fitting = free.length === 1 ? free : await fieldsThatFit(free, array, signal);
    if (fitting.length !== 1) return;
    this.#rename(array, fitting[0]);
    this.#warn(`'${excerpt(array.name)}' feeds '${fitting[0].name}', the only vector field that it can be meant for`);
  }

  placeKeys(options: ProbeInput["options"]): void {
    const key = this.#plan.schema.fields.find((field) => field.isPrimaryKey);
    const canBeGiven = key !== undefined && !key.autoId && this.#isFree(key);
    const unnamed = this.arrays.filter(({ role, name }) => role === "keys" && !this.#isNamed(name));
    // Words are no numbers: whose key is one takes that of the row.
    const keys = unnamed.filter(({ dataType }) => dataType === undefined || dataType === key?.dataType);
    for (const array of unnamed) {
      if (canBeGiven && keys.length === 1 && array === keys[0]) this.#rename(array, key);
      else this.#leaveOut(array);
    }
    const feeding = this.arrays.filter(({ name }) => this.#isNamed(name));
    const isVectorsAlone =
      this.arrays.some(({ role }) => role === "vectors") && feeding.every(({ role }) => role !== undefined);
    if (canBeGiven && keys.length === 0 && isVectorsAlone && key.dataType === DataType.Int64) {
      this.placeNumbers(key, options);
      this.#warn(`the primary key '${key.name}' is the number of the row in its file`);
    }
  }

  /** Adds the numbers of rows as an array of their own. */
  placeNumbers(field: FieldSchema | undefined, options: ProbeInput["options"]): void {
    const start = numberStart(options);
    if (field === undefined || this.arrays.length === 0) return;
    const name = this.#plan.sourceOf(field.name);
    const others = this.arrays.filter((array) => array.name !== name);
    if (others.length < this.arrays.length)
      this.#warn(`'${excerpt(name)}' was not imported: row numbers take its place`);
    const [{ source }] = this.arrays;
    const header = async (signal: AbortSignal | undefined) => {
      const counted = others.find((array) => this.#isNamed(array.name)) ?? this.arrays[0];
      const { shape } = await counted.header(signal);
      return { descr: "<i8", fortranOrder: false, shape: [shape[0]], dataOffset: 0, rows: rowNumbers(start) };
    };
    this.arrays = [...others, { name, source, header, isImplied: true }];
  }

  /** In several files each number would come as often, and a row would hide another one's. */
  refuseNumberedKeys(): void {
    const { fields } = this.#plan.schema;
    const isKey = (name: string) => {
      const target = this.#plan.target(name);
      return target.kind === "field" && fields[target.index].isPrimaryKey;
    };
    const numbered = this.arrays.find(({ name, isImplied }) => isImplied && isKey(name));
    if (!numbered) return;
    const reason = `the primary key '${numbered.name}' would be the number of the row in its file, the same in each of the import's files: give keys in a file beside each (an inner list of files), let them be automatic, or import each file by itself, from the option row_number_start on`;
    throw new ImportError("request_invalid", reason, { file: numbered.source.path, field: numbered.name });
  }

  /** Automatic keys are made, whatever numbers an index has for its rows. */
  #leaveOut(array: NamedArray): void {
    this.arrays = this.arrays.filter((other) => other !== array);
    if (array.isImplied) return;
    this.#warn(
      `'${excerpt(array.name)}' was not imported: the primary key does not come from it; fields_mapping can name a field for it`,
    );
  }

  #rename(array: NamedArray, field: FieldSchema): void {
    this.arrays = this.arrays.map((other) => (other === array ? { ...array, name: field.name } : other));
  }

  /** Whether something of that name leads to a field that files may give. */
  #isNamed(name: string): boolean {
    const { kind } = this.#plan.target(name);
    return kind === "field" || kind === "meta" || kind === "struct";
  }

  /** No array is named after it, no mapping looks for it elsewhere, and no function makes it. */
  #isFree({ name, isFunctionOutput }: FieldSchema): boolean {
    if (isFunctionOutput || this.#plan.sourceOf(name) !== name) return false;
    return !this.arrays.some((array) => array.name === name);
  }
}

async function nameIt({ name, source, isMostly, header }: NamedArray, field: FieldSchema, signal: AbortSignal) {
  await header(signal); // What the file itself says is better told.
  const mapping = JSON.stringify({ [name]: field.name });
  const reason = `'${excerpt(name)}' holds ${isMostly}: where they are vectors all the same, say so by the option fields_mapping, ${excerpt(mapping)}`;
  return new ImportError("request_invalid", reason, { file: source.path });
}

async function fieldsThatFit(
  fields: readonly FieldSchema[],
  array: NamedArray,
  signal: AbortSignal,
): Promise<FieldSchema[]> {
  const header = await array.header(signal);
  return fields.filter((field, index) => {
    try {
      planArrayColumn(field, index, array.source, header);
      return true;
    } catch (error) {
      if (error instanceof ImportError) return false;
      throw error;
    }
  });
}

/** The field of the option `row_number_field`. */
function numberedField({ schema }: FieldPlan, options: ProbeInput["options"]): FieldSchema | undefined {
  const name = options.row_number_field;
  if (name === undefined || name === "") return undefined;
  const field = schema.fields.find((candidate) => candidate.name === name);
  if (!field) throw invalid(`row_number_field: there is no field '${excerpt(name)}'`);
  if (field.dataType !== DataType.Int64 || field.isFunctionOutput || (field.autoId && !schema.allowInsertAutoId))
    throw invalid(`row_number_field: '${excerpt(name)}' must be an Int64 field that files may give`);
  return field;
}

function numberStart({ row_number_start: text }: ProbeInput["options"]): number {
  if (text === undefined || text === "") return 0;
  const start = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (start <= 2 ** 52) return start;
  throw invalid(`row_number_start must be a whole number from 0 to 2^52, found '${excerpt(text)}'`);
}

function invalid(reason: string): ImportError {
  return new ImportError("request_invalid", `options.${reason}`);
}
