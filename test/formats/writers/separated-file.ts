import { always, type TableColumn } from "./table-column.ts";

/** Texts as they are, nulls as nothing, everything else as JSON; a missing value and an empty text are one. */
export function writeSeparated(columns: readonly TableColumn[], rows: number, separator: string): Uint8Array {
  const quoted = (text: string) => (/[",\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const cellOf = ({ sample, cells, isGiven = always }: TableColumn, row: number) => {
    const { json, csv = json } = cells?.[row] ?? sample;
    if (!isGiven(row) || csv === null) return "";
    return typeof csv === "string" ? csv : JSON.stringify(csv);
  };
  const lines = Array.from({ length: rows }, (_, row) => columns.map((column) => quoted(cellOf(column, row))));
  const header = columns.map(({ name }) => quoted(name));
  return Buffer.from([header, ...lines].map((cells) => `${cells.join(separator)}\n`).join(""));
}
