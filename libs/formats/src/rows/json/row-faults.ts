import { excerptOfList, ImportError } from "@sluice/errors";
import { kindName, plainKind } from "./kind-names.ts";
import type { KnownKey } from "./object-keys.ts";
import type { Scanner } from "./scanner.ts";

const [QUOTE, OPEN_LIST, CLOSE_LIST, COMMA] = [0x22, 0x5b, 0x5d, 0x2c];

/** What stands at `p` in the place of a row. */
export function notAnObject(scanner: Scanner, p: number): never {
  const byte = scanner.bytes[p];
  const isValue =
    byte === OPEN_LIST || byte === QUOTE || (byte - 48) >>> 0 <= 9 || "tfn-".includes(String.fromCharCode(byte));
  if (!isValue) scanner.syntax(p, 'a row, which begins with "{"');
  const reason = `invalid JSON format, each row should be a key-value map, but got type ${kindName(byte)}${plainKind(byte)}`;
  throw new ImportError("malformed_file", reason, scanner.at(p));
}

/** What stands behind a value; a letter right behind it, as in `0x1F`, is the value's fault. */
export function badSeparator(scanner: Scanner, p: number, isAtValue: boolean): never {
  if (!isAtValue || !/[\w.+-]/.test(String.fromCharCode(scanner.bytes[p]))) scanner.field = undefined;
  return scanner.syntax(p, '"," or "}"');
}

/** The list at `p`, a row whose values have their names elsewhere, has more or fewer of them. */
export function wrongLength(scanner: Scanner, p: number, cells: readonly KnownKey[]): never {
  const names = excerptOfList(cells.map(({ name }) => `'${name}'`));
  const found = scanner.listLength(p);
  return scanner.invalid(p, `expected a row of ${cells.length} values (${names}), found ${found}`);
}

/** The object that the list at `start` stands for. */
export function listAsObject(scanner: Scanner, start: number, cells: readonly KnownKey[]): Uint8Array {
  const members: string[] = [];
  let at = scanner.blanks(start + 1);
  for (let i = 0; scanner.bytes[at] !== CLOSE_LIST; i++) {
    const end = scanner.skipValue(at);
    members.push(`${JSON.stringify(cells[i]?.name ?? `value ${i}`)}:${scanner.text(at, end)}`);
    at = scanner.blanks(end);
    if (scanner.bytes[at] === COMMA) at = scanner.blanks(at + 1);
  }
  return Buffer.from(`{${members.join(",")}}`);
}
