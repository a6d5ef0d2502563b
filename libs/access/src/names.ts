import { StatusError } from "@sluice/errors";
import { invalid, shown } from "./refusals.ts";

// What names, passwords and descriptions may be. Source: around-import §1.3.

const MAX_USER_BYTES = 32;
const MAX_ROLE_CHARS = 255;
const MAX_DESCRIPTION_BYTES = 1024;
const MAX_SOURCE_BYTES = 1024;
const PASSWORD_BYTES = { least: 6, most: 72 };
const INVALID_GROUP_NAME = 1402;

/** @throws {StatusError} 1100 */
export function checkUserName(name: string): void {
  if (name === "") throw invalid("username must be not empty");
  const { length } = Buffer.from(name);
  if (length > MAX_USER_BYTES)
    throw invalid(
      `invalid username ${shown(name)} with length ${length}, the length of username must be less than ${MAX_USER_BYTES}`,
    );
  const [first] = name;
  if (!isLetter(first))
    throw invalid(`invalid user name ${shown(name)}, the first character must be a letter, but got ${first}`);
  const strange = [...name].find((char) => !isLetter(char) && !isDigit(char) && !"_-.".includes(char));
  if (strange !== undefined)
    throw invalid(
      `invalid user name ${shown(name)}, user name should only contain numbers, letters, underscores, dot, and hyphens, but got ${strange}`,
    );
}

/** The password that clients send in base64. @throws {StatusError} 1100 */
export function decodedPassword(base64: string): string {
  const bytes = Buffer.from(base64, "base64");
  if (base64 === "" || bytes.toString("base64").replace(/=+$/, "") !== base64.replace(/=+$/, ""))
    throw invalid("decode password fail: it is not the base64 of a password");
  checkPassword(bytes);
  return bytes.toString("utf8");
}

function checkPassword({ length }: Uint8Array): void {
  const { least, most } = PASSWORD_BYTES;
  if (length < least || length > most)
    throw invalid(`invalid password length: invalid parameter[${length} out of range ${least} <= value <= ${most}]`);
}

/** @throws {StatusError} 1100 */
export function checkDescription(text: string): void {
  const { length } = Buffer.from(text);
  if (length > MAX_DESCRIPTION_BYTES)
    throw invalid(`the length of the description is ${length} bytes, it must be at most ${MAX_DESCRIPTION_BYTES}`);
}

/** @throws {StatusError} 1100 */
export function checkRoleName(name: string): void {
  if (name === "") throw invalid("role name should be not empty");
  if (name.length > MAX_ROLE_CHARS)
    throw invalid(`the length of role name must be not greater than limit, limit=${MAX_ROLE_CHARS}`);
  if (!isLetter(name[0]) && name[0] !== "_")
    throw invalid("the first character of role name must be an underscore or letter");
  if (!isWord(name)) throw invalid("role name can only contain numbers, letters and underscores");
}

/** What a role is confined to: a folder or a file, spelled out. @throws {StatusError} 1100 */
export function checkSourcePrefix(path: string): void {
  const { length } = Buffer.from(path);
  if (length === 0 || length > MAX_SOURCE_BYTES)
    throw invalid(`a source of a role has 1 to ${MAX_SOURCE_BYTES} bytes, and one has ${length}`);
  if (/[*?[\]{}\0]/.test(path))
    throw invalid(`a source of a role is a folder or a file, and ${shown(path)} is a pattern`);
  if (path.split("/").some((part) => part === "." || part === ".."))
    throw invalid(`the source ${shown(path)} of a role has a part "." or "..": spell it out`);
}

/** @throws {StatusError} 1402 */
export function checkGroupName(name: string): void {
  const reason =
    name === ""
      ? "privilege group name should be not empty"
      : name.length > MAX_ROLE_CHARS
        ? `the length of privilege group name must be at most ${MAX_ROLE_CHARS}`
        : isWord(name)
          ? undefined
          : "privilege group name can only contain numbers, letters and underscores";
  if (reason) throw new StatusError(INVALID_GROUP_NAME, `${reason}: invalid privilege group name[${shown(name)}]`);
}

function isWord(name: string): boolean {
  return [...name].every((char) => isLetter(char) || isDigit(char) || char === "_");
}

function isLetter(char: string): boolean {
  return (char >= "a" && char <= "z") || (char >= "A" && char <= "Z");
}

function isDigit(char: string): boolean {
  return char >= "0" && char <= "9";
}
