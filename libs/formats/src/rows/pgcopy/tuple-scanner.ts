import { ImportError } from "@sluice/errors";
import { NEEDS_MORE } from "../file-windows.ts";
import type { RowScanner } from "../row-text.ts";
import { WindowPlace } from "../window-place.ts";

/** Reads big-endian numbers in a window; every position is an index into it. */
export class TupleScanner extends WindowPlace implements RowScanner {
  /** Where the value that is read begins, for errors. */
  valueAt = 0;

  /** So many bytes are there from `p` on. @throws {ImportError} where the file ends before */
  need(p: number, length: number): void {
    if (p + length <= this.end) return;
    if (!this.window.isLast) throw NEEDS_MORE;
    this.malformed(this.end, "the file ends in the middle of a row: it was cut short");
  }

  /** Signed. @throws as `need` */
  int16(p: number): number {
    this.need(p, 2);
    return this.view.getInt16(p);
  }

  /** Signed. @throws as `need` */
  int32(p: number): number {
    this.need(p, 4);
    return this.view.getInt32(p);
  }

  /** @throws {ImportError} `malformed_file` at `p` */
  malformed(p: number, reason: string): never {
    throw new ImportError("malformed_file", `failed to read a row of COPY: ${reason}`, this.at(p));
  }

  /** The value is none of its field. */
  invalid(reason: string): never {
    throw new ImportError("value_invalid", reason, this.at(this.valueAt));
  }
}
