import { expect } from "@jest/globals";
import {
  accountedKeys,
  eventually,
  type Records,
  readRecords,
  segmentsIn,
  storedKeys,
  type TestClient,
  visibleSegments,
} from "../support/index.ts";

// What every suite that kills servers looks at in the end: nothing is stored that no visible segment accounts for.

/** Ids of the visible segments of some collections, ascending as texts. */
export async function visibleIn(client: TestClient, collectionNames: readonly string[]): Promise<string[]> {
  const found = await Promise.all(collectionNames.map((name) => client.segments(name)));
  return found.flatMap((segments) => segments.map(({ segmentID }) => String(segmentID))).sort();
}

/** Waits until objects of exactly the visible segments are stored. @param visible ids, as `visibleIn` @throws Error after `patienceMs` */
export async function storedIsVisible(
  dataDir: string,
  visible: () => Promise<readonly string[]>,
  patienceMs: number,
): Promise<void> {
  await eventually(async () => {
    const stored = segmentsIn(await storedKeys(dataDir));
    expect(stored).toEqual(await visible());
  }, patienceMs);
}

/** Every object is one that a visible segment accounts for. @param dataDir of a server that does not run @returns its records */
export async function accountedRecords(dataDir: string): Promise<Records> {
  const records = await readRecords(dataDir);
  expect(await storedKeys(dataDir)).toEqual(accountedKeys(visibleSegments(records)));
  return records;
}
