/** RFC 3339 in whole seconds; "" while there is no time yet. */
export function timeText(ms: bigint): string {
  return ms > 0n ? new Date(Number(ms)).toISOString().replace(/\.\d+Z$/, "Z") : "";
}
