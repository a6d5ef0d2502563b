import type { segmentReader } from "@sluice/rpc";

/** The last hit of a page: its score alone would lose hits that are as near. */
export interface LastHit {
  readonly score: number;
  readonly key?: bigint | string;
  /** Of the row, where elements are the hits. */
  readonly element?: number | undefined;
}

/** As it travels. @param token of its iterator */
export function hitMessage(token: string, { score, key, element }: LastHit): segmentReader.IteratorHit {
  return { status: undefined, token, score, key: keyMessage(key), element };
}

function keyMessage(key: bigint | string | undefined): segmentReader.IteratorHit["key"] {
  if (key === undefined) return undefined;
  return typeof key === "bigint" ? { $case: "integer", value: key } : { $case: "text", value: key };
}

/** The same back. */
export function hitOf({ score, key, element }: segmentReader.IteratorHit): LastHit {
  return { score, ...(key && { key: key.value }), ...(element !== undefined && { element }) };
}
