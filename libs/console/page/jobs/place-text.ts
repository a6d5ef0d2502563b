import type { Place } from "../api/types.ts";
import { countText } from "../format.ts";

/** `books.jsonl, row 7, line 8, field "v", byte 1,024`: what is known of a place. */
export function placeText({ file, row, line, field, byteOffset }: Place): string {
  const parts = [
    ...(file === undefined ? [] : [file]),
    ...(row === undefined ? [] : [`row ${countText(row)}`]),
    ...(line === undefined ? [] : [`line ${countText(line)}`]),
    ...(field === undefined ? [] : [`field "${field}"`]),
    ...(byteOffset === undefined ? [] : [`byte ${countText(byteOffset)}`]),
  ];
  return parts.join(", ");
}
