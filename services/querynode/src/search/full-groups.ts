import { type Column, isNull, type VarColumn, varValue } from "@sluice/columns";
import { DataType, type FieldSchema } from "@sluice/schema";
import { bestOfKeys, narrowedFilter, type Rank } from "./best-of-keys.ts";
import type { GroupedHits, GroupValues } from "./group-hits.ts";
import type { GroupBy } from "./group-params.ts";
import { isDistance } from "./metrics.ts";
import type { Search, SearchDeps } from "./search.ts";
import { searchedStruct } from "./searched-elements.ts";
import type { Hit } from "./top-hits.ts";
import { columnsOfHits } from "./values-of-hits.ts";

/** Groups by one field that are left out: a list in an expression. */
const MAX_LISTED = 4096;
/** By several fields, where each is compared with all rows: beyond it that costs more than what is left out. */
const MAX_COMPARED = 64;
const integers = [DataType.Int8, DataType.Int16, DataType.Int32, DataType.Int64];
const written: ReadonlySet<DataType> = new Set([DataType.Bool, ...integers, DataType.VarChar]);

/** A value as expressions have it. */
type Literal = string | null;

/**
 * Groups that need no more members. Where there are fewer groups than are wanted, all rows would have to be kept to know it: those
 * of full groups are left out by the filter instead, and their best ones remembered.
 */
export class FullGroups {
  readonly #whole: Search;
  readonly #groupBy: GroupBy;
  readonly #deps: SearchDeps;
  readonly #rank: Rank;
  readonly #fields: readonly FieldSchema[];
  readonly #isPossible: boolean;
  /** What groups that are left out have in each field, by their values. */
  readonly #left = new Map<string, readonly Literal[]>();
  #kept: readonly (readonly Hit[])[] = [];
  #narrowed: Search;

  constructor(search: Search, groupBy: GroupBy, deps: SearchDeps, rank: Rank) {
    const { field, path, beside = [] } = groupBy;
    [this.#whole, this.#narrowed, this.#groupBy, this.#deps, this.#rank] = [search, search, groupBy, deps, rank];
    const { collection, text } = search.filter;
    this.#fields = [field, ...beside].map((index) => collection.fields[index]);
    const areWritten = !path && this.#fields.every(({ dataType }) => written.has(dataType));
    // A draw among other rows would be another one.
    const isPlain = searchedStruct(search) === undefined && !/random_sample|element_filter/i.test(text.expr);
    this.#isPossible = areWritten && isPlain && search.after === undefined;
  }

  /** The search without the rows of groups that are left out. */
  get search(): Search {
    return this.#narrowed;
  }

  /** What that search has found, together with what is remembered, the best first. */
  async withKept(found: readonly (readonly Hit[])[]): Promise<readonly (readonly Hit[])[]> {
    if (this.#left.size === 0) return found;
    const own = await bestOfKeys(this.#whole, found, this.#deps, this.#rank);
    const { sources } = this.#deps;
    const sign = isDistance(this.#whole.params.metric) ? 1 : -1;
    const compare = (a: Hit, b: Hit) =>
      sign * (a.score - b.score) || sources.compareKeys(a.source, a.row, b.source, b.row);
    return own.map((hits, query) => [...(this.#kept[query] ?? []), ...hits].sort(compare));
  }

  /** Leaves out the groups that are full in all queries that have too few. @returns whether there are more of them than before */
  async leaveOut(
    sorted: readonly (readonly Hit[])[],
    values: GroupValues,
    short: readonly GroupedHits[],
  ): Promise<boolean> {
    if (!this.#isPossible) return false;
    const more = commonIn(short.map(({ full }) => full)).filter((value) => !this.#left.has(value));
    const most = this.#fields.length === 1 ? MAX_LISTED : MAX_COMPARED;
    if (more.length === 0 || this.#left.size + more.length > most) return false;
    const wanted = new Set(more);
    const literals = await this.#literalsOf(new Map(sorted.flat().flatMap((hit) => memberOf(hit, values, wanted))));
    const condition = otherThan(this.#fields, [...this.#left.values(), ...literals.values()]);
    const filter = await narrowedFilter(this.#whole, condition, this.#deps);
    if (!filter) return false;
    for (const [value, ofFields] of literals) this.#left.set(value, ofFields);
    this.#narrowed = { ...this.#whole, filter };
    this.#kept = sorted.map((hits) => this.#membersIn(hits, values));
    return true;
  }

  /** Of groups that are left out, the best. */
  #membersIn(hits: readonly Hit[], values: GroupValues): Hit[] {
    const counts = new Map<string, number>();
    return hits.filter((hit) => {
      const value = values.get(hit) ?? "";
      const count = counts.get(value) ?? 0;
      counts.set(value, count + 1);
      return this.#left.has(value) && count < this.#groupBy.size;
    });
  }

  /** @param members one of each group */
  async #literalsOf(members: ReadonlyMap<string, Hit>): Promise<Map<string, readonly Literal[]>> {
    const { schema } = this.#whole.filter.text;
    const { columns, rows } = await columnsOfHits([...members.values()], this.#fields, schema, this.#deps);
    const ofHit = (i: number) =>
      this.#fields.map((field, f) => literalOf(columns[f][rows.sourceOf[i]], rows.rowOf[i], field.dataType));
    return new Map([...members.keys()].map((value, i) => [value, ofHit(i)]));
  }
}

function commonIn([first, ...others]: readonly (readonly string[])[]): readonly string[] {
  const sets = others.map((values) => new Set(values));
  return first.filter((value) => sets.every((set) => set.has(value)));
}

function memberOf(hit: Hit, values: GroupValues, wanted: ReadonlySet<string>): (readonly [string, Hit])[] {
  const value = values.get(hit);
  return value !== undefined && wanted.has(value) ? [[value, hit]] : [];
}

/** True for the rows of all other groups. */
function otherThan(fields: readonly FieldSchema[], groups: readonly (readonly Literal[])[]): string {
  if (fields.length === 1 && fields[0].dataType !== DataType.Bool) return notAmong(fields[0], groups.flat());
  const conditionOf = (group: readonly Literal[]) => fields.map((field, i) => isOther(field, group[i])).join(" or ");
  return groups.map((group) => `(${conditionOf(group)})`).join(" and ");
}

/** Nothing is true of a null but that it is one. */
function isOther({ name, nullable }: FieldSchema, literal: Literal): string {
  if (literal === null) return `${name} is not null`;
  return nullable ? `${name} is null or ${name} != ${literal}` : `${name} != ${literal}`;
}

function notAmong({ name, nullable }: FieldSchema, literals: readonly Literal[]): string {
  const list = literals.filter((literal) => literal !== null);
  const isNamed = list.length > 0 ? `${name} not in [${list.join(",")}]` : `${name} is not null`;
  return nullable && list.length === literals.length ? `${name} is null or ${isNamed}` : isNamed;
}

function literalOf(column: Column, row: number, dataType: DataType): Literal {
  if (isNull(column, row)) return null;
  if (column.kind === "var") return JSON.stringify(Buffer.from(varValue(column as VarColumn, row)).toString("utf8"));
  const { data, width } = column;
  const view = new DataView(data.buffer, data.byteOffset + row * width, width);
  if (dataType === DataType.Bool) return String(view.getUint8(0) !== 0);
  if (width === 8) return String(view.getBigInt64(0, true));
  return String(width === 4 ? view.getInt32(0, true) : width === 2 ? view.getInt16(0, true) : view.getInt8(0));
}
