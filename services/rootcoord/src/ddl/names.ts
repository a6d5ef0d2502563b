import { excerpt } from "@sluice/errors";
import { invalid, invalidDatabaseName, invalidFieldName } from "./refusals.ts";

/** Longest name in bytes. Source: client contract §2.3. */
const MAX_NAME_BYTES = 255;
/** There from the first start, whatever is recorded; what a call means that names none. */
export const DEFAULT_DATABASE = "default";
/** In every collection without a partition key; what a call means that names none. It cannot be dropped. */
export const DEFAULT_PARTITION = "_default";

/** As Milvus's clients expect it, the whole of a name that is somewhat too long, but no more of one. */
const shown = (name: string) => excerpt(name, MAX_NAME_BYTES + 45);

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Partitions may begin with a digit. */
const partitionPattern = /^[A-Za-z0-9_]+$/;

/** Whether a database, collection, alias or field could have this name: what does not fit is not looked up. */
export function isName(name: string): boolean {
  return name.length <= MAX_NAME_BYTES && namePattern.test(name);
}

/** @throws {StatusError} 802 */
export function checkDatabaseName(name: string): void {
  const problem = problemOf(name, "database name");
  if (problem) throw invalidDatabaseName(shown(name), problem);
}

/** @throws {StatusError} 1100 */
export function checkCollectionName(name: string): void {
  checkNamed(name, "collection name");
}

/** @throws {StatusError} 1100 */
export function checkAliasName(name: string): void {
  checkNamed(name, "collection alias");
}

/** @throws {StatusError} 1100 */
export function checkIndexName(name: string): void {
  const problem = problemOf(name, "index name");
  if (problem) throw invalid(`Invalid index name: ${shown(name)}. ${sentence(problem)}`);
}

/** @throws {StatusError} 1701 */
export function checkFieldName(name: string): void {
  const problem = problemOf(name, "field name");
  if (problem)
    throw invalidFieldName(
      shown(name),
      name === "" ? problem : `Invalid field name: ${shown(name)}. ${sentence(problem)}`,
    );
}

/** @throws {StatusError} 1100 */
export function checkPartitionName(name: string): void {
  if (name === "") throw invalid("partition name should not be empty");
  const text = `Invalid partition name: ${shown(name)}.`;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    throw invalid(`${text} The length of a partition name must be less than ${MAX_NAME_BYTES} characters.`);
  }
  if (!partitionPattern.test(name)) {
    throw invalid(`${text} Partition name can only contain numbers, letters and underscores.`);
  }
}

function checkNamed(name: string, what: string): void {
  const problem = problemOf(name, what);
  if (problem) throw invalid(name === "" ? problem : `Invalid ${what}: ${shown(name)}. ${problem}`);
}

function problemOf(name: string, what: string): string | undefined {
  if (name === "") return `${what} should not be empty`;
  if (Buffer.byteLength(name) > MAX_NAME_BYTES) {
    return `the length of a ${what} must be less than ${MAX_NAME_BYTES} characters`;
  }
  if (!/^[A-Za-z_]/.test(name)) return `the first character of a ${what} must be an underscore or letter`;
  return namePattern.test(name) ? undefined : `${what} can only contain numbers, letters and underscores`;
}

function sentence(text: string): string {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}
