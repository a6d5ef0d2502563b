import type { Failure } from "@sluice/errors";
import { mixedKeys } from "./refusals.ts";

/** What the rows of one range of a file did about the automatic key. */
export interface KeyUse {
  readonly rowCount: number;
  /** They left it out, and it was given to them. */
  readonly isAutomatic: boolean;
}

/**
 * A file cut into ranges of which some gave the automatic key and others did not: nobody can mean that. Within a range the
 * reader sees it.
 */
export function mixedKeysFailure(ranges: readonly KeyUse[], keyName: string, file: string): Failure | undefined {
  const filled = ranges.filter(({ rowCount }) => rowCount > 0);
  const automatic = filled.filter(({ isAutomatic }) => isAutomatic).length;
  if (automatic === 0 || automatic === filled.length) return undefined;
  return { code: "schema_mismatch", reason: mixedKeys(keyName, "in some rows"), file, field: keyName };
}
