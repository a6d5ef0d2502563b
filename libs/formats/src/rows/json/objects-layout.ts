import { NEEDS_MORE, skipMark } from "../file-windows.ts";
import type { JsonLayout } from "./json-layout.ts";
import type { Scanner } from "./scanner.ts";

const COMMA = 0x2c;

/** Objects one after the other, each over as many lines as it likes, as `jq` prints them. A comma between them passes. */
export class ObjectsLayout implements JsonLayout {
  readonly start = 0;
  readonly isOneLine = false;

  begin(scanner: Scanner, p: number): number {
    return this.#row(scanner, scanner.blanks(skipMark(scanner.window, p)));
  }

  next(scanner: Scanner, p: number): number {
    const at = scanner.blanks(p);
    return this.#row(scanner, scanner.bytes[at] === COMMA ? scanner.blanks(at + 1) : at);
  }

  #row(scanner: Scanner, at: number): number {
    if (at < scanner.end) return at;
    if (!scanner.window.isLast) throw NEEDS_MORE;
    return -1;
  }

  /** As in a list: where it is no JSON, no later row can be found. */
  endOfBadRow(scanner: Scanner, p: number): number {
    return scanner.skipValue(p);
  }

  checkBehind(): void {}

  async rowsBefore(): Promise<number> {
    return 0;
  }
}
