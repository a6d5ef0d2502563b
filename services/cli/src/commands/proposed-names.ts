import type { ProposedSchema } from "../client/collections.ts";

/** Names of a column, and of the field that takes it. */
type Pairs = readonly (readonly [string, string])[];

/** Source: Milvus. */
const FIELD_NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/**
 * Whether the proposed collection can be made, with all that `--map` is about.
 * @throws {Error} for a column that no field can be called after, and for a field that nothing was found for
 */
export function checkProposed({ fields }: ProposedSchema, map: Pairs = []): void {
  for (const { fieldName } of fields) checkName(fieldName);
  const names = new Set(fields.map(({ fieldName }) => fieldName));
  const lost = map.find(([, field]) => field !== META && !names.has(field));
  if (!lost) return;
  const [source, field] = lost;
  throw new Error(
    `--create makes no field "${field}": what lies at "${source}" in the first rows is nothing that one field takes ` +
      '("sluice inspect --map …" shows them; or make the collection by a client, then import without --create)',
  );
}

/** A column that is called as keys are, where keys are made because nothing takes what it holds. */
export function lostKey({ autoId, unsupported = [] }: ProposedSchema): string | undefined {
  const lost = autoId ? unsupported.find(({ column }) => KEY_NAME.test(column)) : undefined;
  return lost && `keys are made: no field takes those of "${lost.column}" (${lost.type})`;
}

const KEY_NAME = /^(ids?|pk|_id|key|uuid)$/i;

/** The dynamic field, which is not one of the proposed. */
const META = "$meta";

function checkName(name: string): void {
  if (FIELD_NAME.test(name)) return;
  const better = name
    .trim()
    .replace(/[^A-Za-z0-9_]+/g, "_")
    .replace(/^(?=\d)|^$/, "_");
  throw new Error(
    `no field can be called "${name}", with anything but letters, digits and underscores: ${ofHeader(name)}` +
      `--map "${name}=${better}" gives it a name`,
  );
}

/** What helps where it is no name of a column: a header of CSV that was not cut, or a record that was taken for one. */
function ofHeader(name: string): string {
  if (name.includes("\t")) return "if it is the whole header, --option sep=$'\\t' cuts it at tabs; else ";
  const separator = [";", "|"].find((mark) => name.includes(mark));
  if (separator) return `if it is the whole header, --option 'sep=${separator}' cuts it; else `;
  if (!/^-?[\d.]+$|^\[/.test(name)) return "";
  return "if a CSV file has no header, --option header=false --option columns=NAME,NAME,… names its columns; else ";
}
