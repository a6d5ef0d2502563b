import { ImportError } from "@sluice/errors";
import { NEEDS_MORE, SENTINEL_BYTES } from "../file-windows.ts";
import { Scanner } from "./scanner.ts";

/** The first bytes of a file. */
export interface FileHead {
  readonly path: string;
  readonly head: Uint8Array;
  /** There are no more. */
  readonly isWhole: boolean;
}

/** A member of an object, as far as the head has it. */
export interface HeadMember {
  readonly name: string;
  /** Where its value begins. */
  readonly value: number;
}

/** A window of the head alone. */
export function headScanner({ path, head, isWhole }: FileHead): Scanner {
  const bytes = new Uint8Array(head.length + SENTINEL_BYTES);
  bytes.set(head);
  const scanner = new Scanner(path);
  const view = new DataView(bytes.buffer);
  scanner.open({ bytes, view, begin: 0, end: head.length, base: 0, isLast: isWhole, isUtf8: true });
  return scanner;
}

/** What is read, unless the head ends before (`cut`), or it is no JSON (`broken`). */
export function told<T>(read: () => T): T | "cut" | "broken" {
  try {
    return read();
  } catch (error) {
    if (error === NEEDS_MORE) return "cut";
    if (error instanceof ImportError) return "broken";
    throw error;
  }
}

/** The members of the object at `p`, until the head ends or is no JSON any more. */
export function membersAt(scanner: Scanner, p: number): HeadMember[] {
  const members: HeadMember[] = [];
  told(() => {
    let at = scanner.blanks(p + 1);
    while (scanner.bytes[at] === 0x22) {
      const end = scanner.keyEnd(at);
      const value = scanner.colon(end);
      if (value >= scanner.end) return;
      members.push({ name: scanner.textOf(at, end), value });
      at = scanner.blanks(scanner.skipValue(value));
      if (scanner.bytes[at] === 0x2c) at = scanner.blanks(at + 1);
    }
  });
  return members;
}
