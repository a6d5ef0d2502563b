import { excerptOfBytes, ImportError } from "@sluice/errors";
import { NEEDS_MORE } from "../file-windows.ts";
import { WindowPlace } from "../window-place.ts";
import { isWrappedNotFinite } from "./extended-json.ts";
import { kindName, plainKind } from "./kind-names.ts";

/** A place in a JSON text. */
export abstract class ScanPlace extends WindowPlace {
  /** Behind any valid value that begins at `p`. */
  abstract skipValue(p: number): number;

  /** A byte that no valid JSON could have there; where the data ends instead, more is needed or the file is cut short. */
  syntax(p: number, expected: string): never {
    if (p < this.end)
      throw new ImportError(
        "malformed_file",
        `failed to decode row, error: expected ${expected}, found ${this.shown(p)}${notFiniteHint(this.bytes, p)}`,
        this.at(p),
      );
    if (!this.window.isLast) throw NEEDS_MORE;
    throw new ImportError(
      "malformed_file",
      `failed to decode row, error: unexpected end of the file, expected ${expected}`,
      this.at(this.end),
    );
  }

  /** @throws {ImportError} `value_invalid`, or `malformed_file` at the end of the file */
  invalid(p: number, reason: string): never {
    if (p >= this.end) this.syntax(p, "a value");
    throw new ImportError("value_invalid", reason, this.at(p));
  }

  /** A value of another type than the field's, in Milvus's words. */
  wrongType(p: number, type: string, why = ""): never {
    const end = this.skipValue(p);
    const value = excerptOfBytes(this.bytes.subarray(p, end));
    const found = `got type '${kindName(this.bytes[p])}' with value '${value}'${plainKind(this.bytes[p])}`;
    this.invalid(
      p,
      `expected type '${type}' for field '${this.field}', ${found}${why}${isWrappedNotFinite(this.bytes, p, end) ? NOT_FINITE_HINT : ""}`,
    );
  }

  /** A few characters, for messages. */
  shown(p: number): string {
    return JSON.stringify(this.text(p, Math.min(this.end, p + 12)));
  }

  /** `bytes[start, end)` in UTF-8. */
  text(start: number, end: number): string {
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + start, end - start).toString("utf8");
  }
}

const NOT_FINITE_HINT =
  "; JSON has neither NaN nor Infinity: write null, or import scalar fields that may be null with the option nan=null";

/** What to do about numbers that Python writes and JSON has not. */
function notFiniteHint(bytes: Uint8Array, p: number): string {
  const text = String.fromCharCode(...bytes.subarray(p, p + 9));
  return /^(NaN|-?Infinity)/.test(text) ? NOT_FINITE_HINT : "";
}
