/** One step into a JSON value: a key of an object, or where the text is a plain number also an index of an array. */
export interface JsonStep {
  readonly key: string;
  /** UTF-8 of `key`. */
  readonly bytes: Uint8Array;
  /** -1 when the text is no index (`0` or digits without leading zero). */
  readonly index: number;
}

/** From the root; empty = the root value itself. */
export type JsonPath = readonly JsonStep[];

/** JSON pointer semantics: `a["0"]` and `a[0]` both address the element of an array or the key "0" of an object. */
export function jsonPath(steps: readonly { readonly text: string }[]): JsonPath {
  return steps.map(({ text }) => ({
    key: text,
    bytes: new Uint8Array(Buffer.from(text)),
    index: /^(?:0|[1-9]\d{0,9})$/.test(text) ? Number(text) : -1,
  }));
}
