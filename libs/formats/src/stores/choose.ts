import { didYouMean, excerpt, excerptOfList, ImportError } from "@sluice/errors";

/** The option that chooses among what a store holds. */
export const TABLE_OPTION = "table";

/**
 * What an import means of several of a kind: the one that the option `table` names, else the only one.
 * @param kind as in messages: `collection`
 * @throws {ImportError} `request_invalid`
 */
export function choose<T extends { readonly name: string }>(
  of: readonly T[],
  kind: string,
  { [TABLE_OPTION]: wanted }: Readonly<Record<string, string>>,
): T {
  const names = of.map(({ name }) => name);
  if (wanted !== undefined) {
    const found = of.find(({ name }) => name === wanted);
    if (found) return found;
    const why = `there is no ${kind} '${excerpt(wanted)}'${didYouMean(wanted, names)}, there are [${excerptOfList(names)}]`;
    throw new ImportError("request_invalid", `options.${TABLE_OPTION}: ${why}`);
  }
  if (of.length === 1) return of[0];
  if (of.length === 0) throw new ImportError("unsupported", `the store has no ${kind} with rows`);
  const reason = `the store has several ${kind}s, choose one by the option ${TABLE_OPTION}: [${excerptOfList(names)}]`;
  throw new ImportError("request_invalid", reason);
}
