import type { MappingTarget } from "../plan/field-options.ts";

/**
 * How files of one origin lie: data, as a user may write it too. Its mapping is that of `fields_mapping`, with targets that any
 * collection has: `$id` (the primary key), `$vector` and `$sparse_vector` (the only field of such), `$meta`; and `source.*` for
 * `*`, which is every other field under its own name, and in JSON the dynamic keys. What a collection or a file does not have is passed over.
 */
export interface Preset {
  readonly description: string;
  readonly fields_mapping: Readonly<Record<string, PresetTarget | null>>;
  /** Values are wrapped as MongoDB does it. */
  readonly extended_json?: boolean;
}

/** `for`: only for primary keys of this type. */
export type PresetTarget = string | (MappingTarget & { readonly for?: "text" | "integer" });
