import type { VarColumn } from "@sluice/columns";
import { varValue } from "@sluice/columns";
import {
  closingQuote,
  decodeText,
  firstMember,
  nextMember,
  skipBlanks,
  skipValue,
  valueAfterKey,
} from "@sluice/values";

/** Keys of objects that are given beside those that are there, whose values they replace. Texts of values stay as they are. @param rowOf of each row the stored one, or -1 */
export function mergedObjects(given: VarColumn, stored: VarColumn | undefined, rowOf: Int32Array): VarColumn {
  const cells = Array.from(rowOf, (at, row) => {
    const mine = varValue(given, row);
    return at < 0 || !stored ? mine : mergedObject(varValue(stored, at), mine);
  });
  const offsets = new Uint32Array(cells.length + 1);
  for (const [i, { length }] of cells.entries()) offsets[i + 1] = offsets[i] + length;
  return { kind: "var", offsets, data: Buffer.concat(cells), validity: undefined };
}

/** @param old @param changes JSON objects, UTF-8 */
function mergedObject(old: Uint8Array, changes: Uint8Array): Uint8Array {
  const members = membersOf(old);
  for (const [key, text] of membersOf(changes)) members.set(key, text);
  const parts = [...members.values()].flatMap((text, i) => (i === 0 ? [text] : [COMMA, text]));
  return Buffer.concat([OPEN, ...parts, CLOSE]);
}

const [OPEN, COMMA, CLOSE] = ["{", ",", "}"].map((text) => Buffer.from(text));

/** By key what stands from its quote to the end of its value. */
function membersOf(object: Uint8Array): Map<string, Uint8Array> {
  const end = object.length;
  const members = new Map<string, Uint8Array>();
  const open = skipBlanks(object, 0, end);
  // Empty bytes are a row without any.
  if (open >= end) return members;
  for (let key = firstMember(object, open, end); key < end; ) {
    const close = closingQuote(object, key + 1, end);
    const value = valueAfterKey(object, close, end);
    members.set(decodeText(object, key + 1, close), object.subarray(key, skipValue(object, value, end)));
    key = nextMember(object, value, end);
  }
  return members;
}
