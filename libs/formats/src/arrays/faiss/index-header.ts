import type { FileCursor } from "../file-cursor.ts";
import { MAX_DIM, malformed } from "../one-file.ts";

/** What stands at the beginning of every index. */
export interface IndexHeader {
  readonly dim: number;
  readonly rowCount: number;
  readonly metric: number;
  readonly isBinary: boolean;
  readonly codeBytes: number;
}

/** @throws {ImportError} `malformed_file` */
export async function readHeader(cursor: FileCursor, isBinary: boolean): Promise<IndexHeader> {
  const at = cursor.position;
  const dim = await cursor.i32();
  const codeBytes = isBinary ? await cursor.i32() : dim * 4;
  const rowCount = await cursor.count("the number of vectors");
  if (!isBinary) cursor.skip(2, 8, "its header");
  const trainedAt = cursor.position;
  const isTrained = await cursor.u8();
  const metric = await cursor.i32();
  if (!isBinary && metric > 1) cursor.skip(1, 4, "the argument of its metric");
  const fits = dim >= 1 && (isBinary ? dim % 8 === 0 && codeBytes === dim / 8 && dim <= 8 * MAX_DIM : dim <= MAX_DIM);
  if (!fits) throw malformed(`its vectors have the dimension ${dim}`, at);
  if (isTrained > 1) throw malformed(`a truth value is ${isTrained}`, trainedAt);
  return { dim, rowCount, metric, isBinary, codeBytes };
}
