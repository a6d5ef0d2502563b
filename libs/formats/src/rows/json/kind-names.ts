/** ` (an object)`: what Go's name of a kind means; nothing where it is a word of everybody. */
export function plainKind(byte: number): string {
  if (byte === 0x7b) return " (an object)";
  if (byte === 0x5b) return " (a list)";
  if (byte === 0x22 || byte === 0x74 || byte === 0x66) return "";
  return byte === 0x6e ? " (null)" : " (a number)";
}

/** Milvus's names of JSON kinds in messages are Go's. */
export function kindName(byte: number): string {
  if (byte === 0x7b) return "map[string]interface {}";
  if (byte === 0x5b) return "[]interface {}";
  if (byte === 0x22) return "string";
  if (byte === 0x74 || byte === 0x66) return "bool";
  return byte === 0x6e ? "nil" : "json.Number";
}
