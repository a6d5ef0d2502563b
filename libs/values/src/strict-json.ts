import { excerpt, ImportError } from "@sluice/errors";
import { jsonFault } from "./json-fault.ts";

/** Objects and lists in each other; options have a dozen. */
const MAX_DEPTH = 64;

/** Steps from the whole to a part: keys and positions. */
export type KeyPath = readonly (string | number)[];

/** `options`, `["chunks", 0, "path"]` as `options.chunks[0].path`. */
export function keyPathText(root: string, path: KeyPath): string {
  const steps = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${excerpt(step)}`));
  return (root + steps.join("")).replace(/^\./, "");
}

/**
 * JSON as a person wrote it and means it: a key that an object has twice is refused, and numbers that a double does not hold
 * stay as they are when the value is written again (`JSON.stringify`).
 * @param root what paths in errors begin with
 * @throws {ImportError} `request_invalid`, with the path of the key or the place of the error; it repeats keys, never values
 */
export function parseStrictJson(root: string, text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text, exactNumber as (key: string, value: unknown) => unknown);
  } catch {
    throw new ImportError("request_invalid", `${root || "the text"} is no JSON: ${jsonFault(text)}`);
  }
  checkKeys(root, text);
  return value;
}

/** The engine gives revivers the text of a number as it stands. Source: ECMAScript, "JSON.parse source text access". */
function exactNumber(_key: string, value: unknown, { source }: { source?: string }): unknown {
  if (typeof value !== "number" || source === undefined || Number.isSafeInteger(value)) return value;
  if (Number.isFinite(value) && !Number.isInteger(value)) return value;
  return (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON(source);
}

/** An object or list that is open where the text is looked at. */
interface Open {
  /** Of an object, those so far. */
  readonly keys: Set<string> | undefined;
  /** Where in it: the key, or the position. */
  step: string | number;
  /** Of an object: a key comes next. */
  beforeKey: boolean;
}

/** @param text valid JSON @throws {ImportError} `request_invalid` for a key that an object has twice, or what is too deep */
function checkKeys(root: string, text: string): void {
  const open: Open[] = [];
  const pathOf = () => keyPathText(root, open.map(({ step }) => step)); // biome-ignore format: one thought
  for (let p = 0; p < text.length; p++) {
    const top = open[open.length - 1];
    switch (text[p]) {
      case "{":
      case "[":
        if (open.length === MAX_DEPTH) throw new ImportError("request_invalid", `${pathOf()} lies too deep`);
        open.push(text[p] === "{" ? { keys: new Set(), step: "", beforeKey: true } : { keys: undefined, step: 0, beforeKey: false }); // biome-ignore format: two of a kind
        break;
      case "}":
      case "]":
        open.pop();
        break;
      case ",":
        if (top.keys) top.beforeKey = true;
        else (top.step as number)++;
        break;
      case '"': {
        const end = stringEnd(text, p);
        if (top?.beforeKey) takeKey(top, JSON.parse(text.slice(p, end)), pathOf);
        p = end - 1;
      }
    }
  }
}

function takeKey(object: Open, key: string, pathOf: () => string): void {
  object.step = key;
  object.beforeKey = false;
  if (object.keys?.has(key)) throw new ImportError("request_invalid", `${pathOf()} is given twice`);
  object.keys?.add(key);
}

/** Behind the string that begins at `p`. */
function stringEnd(text: string, p: number): number {
  let end = p + 1;
  while (text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
  return end + 1;
}
