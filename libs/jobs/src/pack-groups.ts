/** Neighbours among the groups of a job that one task takes. */
export interface Pack {
  readonly first: number;
  readonly count: number;
}

/** Groups in one pack: a failed attempt reads all of them again, and errors must name one of few. */
const MAX_PACKED_GROUPS = 256;

/**
 * Packs small groups, in their order, into tasks of at most `packBytes`: every task has segments of its own in each shard and
 * partition, and forty files of a few hundred rows would leave forty times as many objects as their rows need. A group of more
 * than a quarter of `packBytes` is a task of its own.
 * @param isApart whether a group may not share a task with the one before it
 */
export function packGroups(
  sizesBytes: readonly number[],
  packBytes: number,
  isApart: (group: number) => boolean = () => false,
): Pack[] {
  const packs: Pack[] = [];
  let openBytes = Number.POSITIVE_INFINITY;
  for (const [first, sizeBytes] of sizesBytes.entries()) {
    const last = packs.at(-1);
    const isSmall = sizeBytes <= packBytes / 4;
    if (last && isSmall && !isApart(first) && last.count < MAX_PACKED_GROUPS && openBytes + sizeBytes <= packBytes) {
      packs[packs.length - 1] = { ...last, count: last.count + 1 };
      openBytes += sizeBytes;
    } else {
      packs.push({ first, count: 1 });
      openBytes = isSmall ? sizeBytes : Number.POSITIVE_INFINITY;
    }
  }
  return packs;
}
