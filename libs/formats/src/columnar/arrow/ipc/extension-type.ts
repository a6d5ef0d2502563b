import type { ArrowType } from "./arrow-type.ts";

/** What a column says of itself, by the key. */
type NoteOf = (key: string) => string | undefined;

/**
 * The type of a column that is of an extension, where that means more to a field than what it is stored as. Source: Arrow, "Canonical
 * extension types".
 */
export function extensionType(type: ArrowType, noteOf: NoteOf): ArrowType {
  switch (noteOf("ARROW:extension:name")) {
    case "arrow.uuid":
      return type.width === 16 ? { ...type, kind: "uuid", name: "uuid" } : type;
    case "arrow.bool8":
      return type.number === "int8" ? { ...type, kind: "bool", number: undefined, name: "bool8" } : type;
    case "arrow.fixed_shape_tensor":
      return isPermuted(noteOf("ARROW:extension:metadata")) ? unread(type, "permuted fixed_shape_tensor") : type;
    case "arrow.variable_shape_tensor":
      return type.kind === "struct" ? { ...type, name: "variable_shape_tensor" } : type;
    case "arrow.parquet.variant":
    case "parquet.variant":
      return unread(type, "variant");
  }
  return type;
}

function unread(type: ArrowType, name: string): ArrowType {
  return { ...type, kind: "unsupported", name };
}

/** Whether elements lie in another order than that of the dimensions, so that a list of them is another vector. */
function isPermuted(note: string | undefined): boolean {
  try {
    const { permutation = [] } = JSON.parse(note ?? "{}") as { permutation?: readonly number[] };
    return permutation.some((axis, i) => axis !== i);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return false;
    throw error;
  }
}
