/** The text with its last letter another one: what was signed or sealed and is not any more. */
export function altered(text: string): string {
  return text.slice(0, -1) + (text.endsWith("A") ? "B" : "A");
}
