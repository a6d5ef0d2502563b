/** A range of primary keys, `(after, upTo]`, by the order that Milvus has: int64 by value, VarChar by its bytes. */
export interface KeyRange {
  /** Text of a key: digits of an int64, a VarChar itself; absent = from the least. */
  readonly after?: string;
  /** Absent = to the greatest. */
  readonly upTo?: string;
}
