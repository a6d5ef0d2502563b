/** Steps from a row, or from the columns of a file, to a value: keys of objects and members of structs; digits also index lists. */
export type SourcePath = readonly string[];

/** `a.b[0].c` as steps. A name with dots in it is found first as it is, before it is taken for a path. */
export function parsePath(text: string): SourcePath {
  return text.replace(/\[(\d+)\]/g, ".$1").split(".");
}
