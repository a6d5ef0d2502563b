import { excerptOfBytes, ImportError } from "@sluice/errors";
import { type FileWindow, SENTINEL_BYTES } from "../file-windows.ts";
import { WindowPlace } from "../window-place.ts";

/** A place in a CSV file, and the last cell that was found. */
export abstract class CellPlace extends WindowPlace {
  /** The cell's content is `data[start, stop)`. */
  data: Uint8Array = this.bytes;
  start = 0;
  stop = 0;
  /** Where the cell begins in the window, with its quote. */
  cellAt = 0;

  override open(window: FileWindow): void {
    super.open(window);
    // Searches end with the window, whatever an earlier one has left behind it.
    this.bytes = window.bytes.subarray(0, window.end + SENTINEL_BYTES);
  }

  /** The record is none. */
  malformed(p: number, reason: string, at = p): never {
    throw new ImportError("malformed_file", `failed to read a record: ${reason}`, this.at(at));
  }

  /** The last cell is no value of its field. */
  invalid(reason: string): never {
    throw new ImportError("value_invalid", reason, this.at(this.cellAt));
  }

  /** The last cell is of another type than its field, in Milvus's words. */
  wrongType(type: string, why = ""): never {
    const value = excerptOfBytes(this.data.subarray(this.start, this.stop));
    const reason = `expected type '${type}' for field '${this.field}', got type 'string' with value '${value}'`;
    return this.invalid(`${reason}${why}`);
  }

  protected notUtf8(): never {
    const what = this.field === undefined ? "a cell" : `field '${this.field}'`;
    const value = excerptOfBytes(this.data.subarray(this.start, this.stop));
    return this.invalid(`${what} contains invalid UTF-8 data, value=${JSON.stringify(value)}`);
  }

  /** The last cell as text. */
  text(): string {
    return Buffer.from(this.data.buffer, this.data.byteOffset + this.start, this.stop - this.start).toString("utf8");
  }

  /** A few characters, for messages. */
  shown(p: number): string {
    return JSON.stringify(Buffer.from(this.bytes.subarray(p, Math.min(this.end, p + 12))).toString("utf8"));
  }
}
