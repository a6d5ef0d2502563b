import colors from "picocolors";

/** Of a terminal only: what a pipe takes is plain, in a build server too. */
export const color = colors.createColors(colors.isColorSupported && process.stdout.isTTY === true);
