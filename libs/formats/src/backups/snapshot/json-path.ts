/**
 * Where an index into JSON points, as Milvus keeps it: a JSON pointer below the field; "" = the whole value. Source: RFC 6901; Milvus
 * `ParseAndVerifyNestedPath`.
 * @param path `field["a"]["b"]`, `field`, or a dynamic key
 */
export function jsonPointer(path: string, fieldName: string): string {
  const below = path.startsWith(fieldName) ? path.slice(fieldName.length) : path;
  const keys = below.startsWith("[") || below === "" ? [...below.matchAll(KEY)].map(keyOf) : [path];
  return keys.map((key) => `/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** `field["a"]["b"]` of `/a/b`; what is no pointer stays as it is. */
export function nestedPath(pointer: string, fieldName: string): string {
  if (pointer !== "" && !pointer.startsWith("/")) return pointer;
  const keys = pointer.split("/").slice(1);
  return fieldName + keys.map((key) => `["${key.replaceAll("~1", "/").replaceAll("~0", "~")}"]`).join("");
}

/** `["a"]`, `['a']` or `[0]`. */
const KEY = /\[(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\d+))\]/g;

function keyOf([, double, single, number]: RegExpMatchArray): string {
  return (double ?? single ?? number).replace(/\\(.)/g, "$1");
}
