/**
 * Where a text stops to be JSON, in words. The engine says it for some faults alone, and its words repeat what stands around the
 * place, which may be a secret.
 * @param text that is no JSON
 */
export function jsonFault(text: string): string {
  if (!isBroken(text)) return "it ends before it is whole";
  let [whole, broken] = [0, text.length];
  while (broken - whole > 1) {
    const middle = (whole + broken) >>> 1;
    if (isBroken(text.slice(0, middle))) broken = middle;
    else whole = middle;
  }
  const lines = text.slice(0, whole).split("\n");
  return `see position ${whole} (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}

/** Whether nothing that follows makes JSON of it. */
function isBroken(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    const { message } = error as Error;
    const place = /position (\d+)/.exec(message);
    return place ? Number(place[1]) < text.length : !message.startsWith("Unexpected end");
  }
}
