import type { ProposedSchema } from "../client/collections.ts";

/**
 * A collection needs a vector; numbers without fractions, or lists of many lengths, are taken for arrays.
 * @param file its name, for the message
 * @throws {Error} where none is proposed, saying what makes one
 */
export function checkVectors(
  { fields, unsupported }: Pick<ProposedSchema, "fields" | "unsupported">,
  file: string,
): void {
  if (fields.some(({ dataType }) => dataType.endsWith("Vector") || dataType === "ArrayOfStruct")) return;
  const lists = fields.filter(({ dataType }) => dataType === "Array").map(({ fieldName }) => `"${fieldName}"`);
  const [unread] = unreadColumns({ unsupported });
  if (unread && lists.length === 0) throw new Error(`no column of ${file} is a vector: ${unread}`);
  const seen = lists.length === 0 ? "no list of numbers" : `${lists.join(", ")} read as plain arrays`;
  const spread = lists.length === 0 && spreadColumns(fields.map(({ fieldName }) => fieldName));
  const help = spread
    ? `a number a column (${spread.join(", ")}, …) makes no vector: write them as one list a row, such as [0.5, 1]`
    : "--map COLUMN=vector says which one is, where its lists have one length, also by a path (data.values=vector); or make the " +
      "collection by a client, then import without --create";
  throw new Error(`no column of ${file} is surely a vector (${seen}), which a collection needs: ${help}`);
}

/** Why columns are not read, where they hold what some field would take. */
export function unreadColumns({ unsupported = [] }: Pick<ProposedSchema, "unsupported">): string[] {
  return unsupported.flatMap(({ type }) => (type.startsWith(NOT_READ) ? [type.slice(NOT_READ.length)] : []));
}

/** What stands before the reason in place of a type. */
const NOT_READ = "not read: ";

/** The first of four columns or more that are called alike but for their numbers, as tables of spreadsheets and R have vectors. */
function spreadColumns(names: readonly string[]): readonly string[] | undefined {
  const numbered = Map.groupBy(names, (name) => /^(.*?)\d+$/.exec(name)?.[1]);
  numbered.delete(undefined);
  return [...numbered.values()].find((columns) => columns.length >= 4)?.slice(0, 2);
}
