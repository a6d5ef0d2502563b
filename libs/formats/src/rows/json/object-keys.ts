import type { ImportError } from "@sluice/errors";
import type { FieldReader } from "./read-field.ts";
import type { Scanner } from "./scanner.ts";
import type { StructParser } from "./struct-parser.ts";

/** What a key of a row, or of an object in it, leads to: the plan's target with what it takes to parse it. */
export type RowTarget =
  | {
      readonly kind: "field";
      readonly index: number;
      readonly reader: FieldReader;
    }
  | { readonly kind: "struct"; readonly parser: StructParser; readonly indexes: readonly number[] }
  | { readonly kind: "inside"; readonly inside: InsideTargets }
  | { readonly kind: "refused"; readonly error: ImportError }
  | { readonly kind: "meta" | "unused" }
  /** Nobody's: a key of `$meta` where there is one. */
  | { readonly kind: "extra" }
  /** The same in an object whose members are as if they stood in the row. */
  | { readonly kind: "key" };

/** What somebody asks for. */
export type TakenTarget = Exclude<RowTarget, { kind: "extra" | "key" | "inside" }>;

/** An object or list in a row of which some values are fields'. */
export interface InsideTargets {
  /** Names that lead to it, for warnings. */
  readonly path: string;
  readonly keys: ObjectKeys;
  /** By position in a list; absent: nobody's. */
  readonly elements: readonly (KnownKey | undefined)[];
}

/** A key that was met before, ready to be compared with the bytes of the next one. */
export interface KnownKey {
  /** As in the file, with its quotes. */
  readonly bytes: Uint8Array;
  readonly name: string;
  /** The name with those that it lies in. */
  readonly path: string;
  /** The field that errors name: not always the key. */
  readonly field: string | undefined;
  readonly target: RowTarget;
}

/** Keys of the objects at one place of the rows. Most files repeat the order, so one comparison usually finds the target. */
export class ObjectKeys {
  readonly #scanner: Scanner;
  readonly #resolve: (name: string) => Omit<KnownKey, "bytes">;
  /** The n-th key of the last object. */
  readonly #order: KnownKey[] = [];

  constructor(scanner: Scanner, resolve: (name: string) => Omit<KnownKey, "bytes">) {
    this.#scanner = scanner;
    this.#resolve = resolve;
  }

  /** The key at `p`, the `position`-th of its object. */
  at(p: number, position: number): KnownKey {
    const guess = this.#order[position];
    if (guess && startsWith(this.#scanner.bytes, p, guess.bytes)) return guess;
    const known = this.#lookUp(p);
    // A row that needs more data may end in the middle of a key: what was remembered is right all the same.
    this.#order[position] = known;
    return known;
  }

  #lookUp(p: number): KnownKey {
    const scanner = this.#scanner;
    const end = scanner.keyEnd(p);
    return { bytes: scanner.bytes.slice(p, end), ...this.#resolve(scanner.textOf(p, end)) };
  }
}

function startsWith(bytes: Uint8Array, p: number, key: Uint8Array): boolean {
  for (let i = 0; i < key.length; i++) if (bytes[p + i] !== key[i]) return false;
  return true;
}
