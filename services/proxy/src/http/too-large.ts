/** What to send instead of a body that is too large, by the route; the first that fits. */
const instead: readonly [route: RegExp, words: string][] = [
  [/\/entities\/(insert|upsert)$/, "send fewer rows at once, or import them from a file"],
  [/\/entities\/(search|hybrid_search|advanced_search)$/, "send fewer vectors at once"],
  [/\/entities\/(query|get|delete)$/, "ask for fewer keys at once"],
  [
    /import(\/(create|validate|inspect))?$/,
    "name a folder or a pattern in the place of its files, or send several requests",
  ],
  [/\/complete$/, "leave the parts out: all that have come are taken, in their order"],
];

/** @param route of the request; undefined for a path that there is not @param most bytes of a body */
export function tooLargeReason(route: string | undefined, most: number): string {
  const found = instead.find(([pattern]) => pattern.test(route ?? ""))?.[1];
  return `Request body is too large: more than ${most} bytes${found ? ` (${found})` : ""}`;
}
