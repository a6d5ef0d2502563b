/** Whether a parameter says anything: an empty list does not. */
export function isGiven(text = ""): boolean {
  const given = text.trim();
  const isEmptyList = given.startsWith("[") && given.endsWith("]") && given.slice(1, -1).trim() === "";
  return given !== "" && !isEmptyList;
}

/** As clients of all languages spell it. */
export function isTrue(text = ""): boolean {
  return text.toLowerCase() === "true";
}
