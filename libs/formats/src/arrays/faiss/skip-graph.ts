import type { FileCursor } from "../file-cursor.ts";
import type { IndexHeader } from "./index-header.ts";

// Graphs of neighbours: passed over, since the vectors stand in the index behind them.

/** Levels, and of each vector its neighbours in them. */
export async function skipHnsw(cursor: FileCursor): Promise<void> {
  await cursor.skipVector(8, "probabilities of its graph");
  await cursor.skipVector(4, "neighbours a level");
  await cursor.skipVector(4, "levels");
  await cursor.skipVector(8, "offsets of neighbours");
  await cursor.skipVector(4, "neighbours");
  cursor.skip(5, 4, "its graph");
}

/** Of each vector the numbers of its neighbours, -1 behind them. */
export async function skipNsg(cursor: FileCursor, { rowCount }: IndexHeader): Promise<void> {
  // How it is built: GK, the kind, S, R, L, rounds; what it is: its size, R, L, C, search_L, where it is entered.
  cursor.skip(1, 4 + 1 + 4 * 4 + 6 * 4, "its graph");
  if ((await cursor.u8()) !== 0) await cursor.skipLists(rowCount, -1, "the lists of neighbours");
}

/** Of each vector as many neighbours. */
export async function skipNnDescent(cursor: FileCursor): Promise<void> {
  cursor.skip(9, 4, "its graph");
  await cursor.u8();
  await cursor.skipVector(4, "neighbours");
}
