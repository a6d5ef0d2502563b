/** What values of an import were made of others, by the option `coerce`: counted, for a warning. */
export class Coercions {
  readonly #counts = new Map<string, number>();

  /** @param what `text to integer` */
  count(field: string, what: string): void {
    const key = `'${field}' (${what})`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
  }

  /** Undefined when there were none. */
  get warning(): string | undefined {
    if (this.#counts.size === 0) return undefined;
    const listed = [...this.#counts].map(([what, count]) => `${count} of field ${what}`);
    return `values were coerced: ${listed.join(", ")}`;
  }
}
