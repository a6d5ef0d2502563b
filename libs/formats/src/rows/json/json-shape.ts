/** How rows lie in a JSON text. */
export type JsonShape =
  | LinesShape
  /** Objects one after the other, over several lines each. */
  | { readonly kind: "objects" }
  /** Rows in a list or an object, somewhere in one value. */
  | DocumentShape
  /** A list for each field: the file is a table by columns. */
  | ColumnsShape;

/** One row a line. */
export interface LinesShape {
  readonly kind: "lines";
  /** Names of the values of rows that are lists; absent where rows are objects. */
  readonly names?: readonly string[];
  /** Offset of the first row, where lines before it say the names. */
  readonly dataStart?: number;
}

/** Rows within one JSON value. */
export interface DocumentShape {
  readonly kind: "document";
  /** Keys that lead to the rows; none where they are all of the text. */
  readonly path: readonly string[];
  /** What holds the rows: a list, or an object whose keys are their labels. */
  readonly holder: "list" | "object";
  /** Names of the values of rows that are lists; absent where rows are objects. */
  readonly names?: readonly string[];
  /** Keys of rows that are labels of the program that wrote them, and no data unless a field is called so. */
  readonly labels?: readonly string[];
  /** A mapping led to them, and nothing else would. */
  readonly isFound?: boolean;
  /** Nothing but rows stands in the text, so that it can be cut between any two. */
  readonly isAllRows?: boolean;
}

/** Columns within one JSON value, each a list or an object with labels. */
export interface ColumnsShape {
  readonly kind: "columns";
  /** Keys that lead to the object whose members are the columns. */
  readonly path: readonly string[];
}

/** `{"rows": [...]}` or a list: what Milvus knows. */
export const rowsDocument: DocumentShape = { kind: "document", path: ["rows"], holder: "list" };
/** What Milvus takes: a list of objects. */
export const listDocument: DocumentShape = { kind: "document", path: [], holder: "list" };
