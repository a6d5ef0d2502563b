import { excerpt, ImportError } from "@sluice/errors";
import type { CanonicalRow } from "../canonical-rows.ts";
import type { FieldOptions, MappingTarget } from "../plan/field-options.ts";
import { parseTarget } from "../plan/field-options.ts";
import type { ValueForm } from "../plan/value-form.ts";
import type { Preset, PresetTarget } from "../presets/preset.ts";
import { META } from "./dynamic-name.ts";
import { knownPath, valueAt } from "./mapped-columns.ts";

/** What fields are called that a preset knows by what they are for. */
const ROLES: Readonly<Record<string, string>> = {
  ...{ $id: "id", $vector: "vector", $sparse_vector: "sparse_vector", $meta: META },
};
/** Source: Milvus. Other members stay dynamic keys. */
const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,254}$/;

/** Where a preset finds fields that no collection has yet, and in which form texts of vectors are. */
export interface PresetMapping extends Pick<FieldOptions, "mapping" | "ignored"> {
  /** By field: a text there is a vector of floats. */
  readonly vectorForms: ReadonlyMap<string, ValueForm>;
  /** The field whose objects are sparse vectors. */
  readonly sparse: string | undefined;
  /** Whether members that no field takes become dynamic keys. */
  readonly hasRest: boolean;
}

/**
 * The mapping of a preset, for a collection that is to be proposed: what it knows by its role becomes a field that is called so. As in an
 * import what the request says itself counts, and what the files do not have is passed over.
 * @param names of the columns @param rows a sample of them
 * @throws {ImportError} `request_invalid` where nothing is there that the preset looks for
 */
export function presetMapping(
  preset: Preset,
  options: Pick<FieldOptions, "mapping" | "ignored">,
  names: readonly string[],
  rows: readonly CanonicalRow[],
): PresetMapping {
  return new PresetReader(preset, options, new Set(names), rows).read();
}

class PresetReader {
  readonly #options: Pick<FieldOptions, "mapping" | "ignored">;
  readonly #names: ReadonlySet<string>;
  readonly #rows: readonly CanonicalRow[];
  readonly #entries: readonly (readonly [source: string, target: PresetTarget | null])[];
  readonly #mapping: Map<string, string>;
  #sparse: string | undefined;
  readonly #vectorForms = new Map<string, ValueForm>();

  constructor(
    { fields_mapping }: Preset,
    options: Pick<FieldOptions, "mapping" | "ignored">,
    names: ReadonlySet<string>,
    rows: readonly CanonicalRow[],
  ) {
    this.#options = options;
    this.#names = names;
    this.#rows = rows;
    this.#mapping = new Map(options.mapping);
    this.#entries = Object.entries(fields_mapping).filter(
      ([source]) => !this.#isNamed(source) && this.#isThere(source),
    );
    if (this.#mapping.size === 0) this.#expectSome(fields_mapping);
  }

  read(): PresetMapping {
    const ignored = this.#entries.flatMap(([source, target]) => (target === null ? [source] : []));
    const rest = this.#entries.flatMap(([source]) => (source.endsWith(REST) ? [source.slice(0, -REST.length)] : []));
    const members = rest.flatMap((source) => this.#membersOf(source));
    const others = [...this.#names, ...members.map(([, name]) => name)].filter((name) => !ignored.includes(name));
    for (const [source, target] of this.#entries)
      if (target !== null && !source.endsWith(REST)) this.#add(source, target, others);
    const taken = new Set(this.#mapping.values());
    for (const [source, name] of members) if (!taken.has(name)) this.#mapping.set(source, name);
    return {
      mapping: this.#mapping,
      ignored: [...(this.#options.ignored ?? []), ...ignored, ...rest],
      vectorForms: this.#vectorForms,
      sparse: this.#sparse,
      hasRest: rest.length > 0,
    };
  }

  /** A preset of which nothing is there was meant for files of another kind. */
  #expectSome(known: Preset["fields_mapping"]): void {
    const wanted = Object.keys(known).filter((source) => known[source] !== null);
    const isFound = this.#rows.length === 0 || this.#entries.some(([, target]) => target !== null);
    if (wanted.length === 0 || isFound) return;
    throw new ImportError(
      "request_invalid",
      `options.preset: the files have nothing of what the preset looks for (${quoted(wanted)}), but ${quoted([...this.#names])}: they are of another kind, which docs/presets may name, or want no preset`,
    );
  }

  /** By itself, or by something in it. */
  #isNamed(source: string): boolean {
    const { mapping, ignored = [] } = this.#options;
    const isWithin = (named: string) =>
      named === source || named.startsWith(`${source}.`) || named.startsWith(`${source}[`);
    return [...mapping.keys(), ...ignored].some(isWithin);
  }

  #isThere(source: string): boolean {
    const path = knownPath(source.endsWith(REST) ? source.slice(0, -REST.length) : source, this.#names);
    if (path.length === 1) return this.#names.has(path[0]);
    return this.#rows.some((row) => (valueAt(row, path) ?? null) !== null);
  }

  #add(source: string, target: PresetTarget, others: readonly string[]): void {
    const { for: _, ...plain } = typeof target === "string" ? { field: target } : target;
    const { field: role, as } = parseTarget(plain, source) as MappingTarget;
    const name = this.#nameOf(source, ROLES[role] ?? role, others);
    if ([...this.#mapping.values()].includes(name)) return;
    this.#mapping.set(source, name);
    if (role === "$sparse_vector") this.#sparse = name;
    if (as !== undefined) this.#vectorForms.set(name, as);
  }

  /** Where another column has the name already, it keeps its own. */
  #nameOf(source: string, name: string, others: readonly string[]): string {
    const own = knownPath(source, this.#names).at(-1) ?? source;
    return name !== META && name !== own && others.includes(name) ? own : name;
  }

  /** Where the members of an object lie, and their names. */
  #membersOf(source: string): (readonly [source: string, name: string])[] {
    const path = knownPath(source, this.#names);
    const objects = this.#rows.map((row) => valueAt(row, path)).filter((value) => typeof value === "object" && value);
    const names = new Set(objects.flatMap((value) => Object.keys(value as object)));
    return [...names].filter((name) => FIELD_NAME.test(name)).map((name) => [`${source}.${name}`, name] as const);
  }
}

function quoted(names: readonly string[]): string {
  return names
    .slice(0, MAX_NAMES)
    .map((name) => `'${excerpt(name)}'`)
    .join(", ");
}

/** That an error names. */
const MAX_NAMES = 8;

/** Everything in an object that has no line of its own. */
const REST = ".*";
