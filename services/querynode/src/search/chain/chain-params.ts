import { excerpt } from "@sluice/errors";
import type { schema } from "@sluice/rpc";
import { refuse } from "../metrics.ts";

/** The named values of a step, or of a function in it. */
export class ChainParams {
  readonly #owner: string;
  readonly #values: Readonly<Record<string, schema.FunctionParamValue>>;
  readonly #read = new Set<string>();

  /** @param owner for messages */
  constructor(owner: string, values: Readonly<Record<string, schema.FunctionParamValue>>) {
    this.#owner = owner;
    this.#values = values;
  }

  #valueOf(name: string): schema.FunctionParamValue["value"] {
    this.#read.add(name);
    return Object.hasOwn(this.#values, name) ? this.#values[name].value : undefined;
  }

  /** @throws {StatusError} 1100 for what is none, and where there is none that may be left out */
  text(name: string, otherwise?: string): string {
    const value = this.#valueOf(name);
    if (value === undefined) return otherwise ?? this.#refuse(name, "is required");
    return value.$case === "stringValue" ? value.value : this.#refuse(name, "must be a text");
  }

  /** @throws {StatusError} 1100 for another type */
  flag(name: string, otherwise: boolean): boolean {
    const value = this.#valueOf(name);
    if (value === undefined) return otherwise;
    return value.$case === "boolValue" ? value.value : this.#refuse(name, "must be true or false");
  }

  /** Finite. @throws {StatusError} 1100 for another type, or where it is absent and there is no `otherwise` */
  number(name: string, otherwise?: number): number {
    const value = this.#valueOf(name);
    if (value === undefined) return otherwise ?? this.#refuse(name, "is required");
    return numberOf(value) ?? this.#refuse(name, "must be a finite number");
  }

  /** Within ±2^53. @throws {StatusError} as `number` */
  whole(name: string, otherwise?: number): number {
    const number = this.number(name, otherwise);
    return Number.isSafeInteger(number) ? number : this.#refuse(name, "must be a whole number");
  }

  /** Undefined where it is absent. @throws {StatusError} 1100 for anything but a list of finite numbers */
  numbers(name: string): readonly number[] | undefined {
    const value = this.#valueOf(name);
    if (value === undefined) return undefined;
    if (value.$case !== "arrayValue") return this.#refuse(name, "must be a list of numbers");
    return value.value.values.map((one) => numberOf(one.value) ?? this.#refuse(name, "must be finite numbers"));
  }

  /** Nothing of what was given may be passed over. @throws {StatusError} 1100 */
  checkAllRead(): void {
    const other = Object.keys(this.#values).find((name) => !this.#read.has(name));
    if (other !== undefined) this.#refuse(other, "is not known: leave it out");
  }

  #refuse(name: string, why: string): never {
    return refuse(`${this.#owner}: parameter ${excerpt(name)} ${why}: invalid parameter`);
  }
}

function numberOf(value: schema.FunctionParamValue["value"]): number | undefined {
  if (value?.$case === "int64Value") return Number(value.value);
  return value?.$case === "doubleValue" && Number.isFinite(value.value) ? value.value : undefined;
}
