import { ImportError } from "@sluice/errors";

/** Whether vectors with fewer bits than were put into an index are imported as they are. */
export function isLossyAllowed(options: Readonly<Record<string, string>>): boolean {
  return options.allow_lossy?.toLowerCase() === "true";
}

/** @param title of what holds them: `usearch index` @param kept how: `as bfloat16` */
export function lossyRefused(title: string, kept: string): ImportError {
  const reason = `the ${title} keeps its vectors ${kept}, with fewer bits than were put in: import them as they are by the option allow_lossy=true`;
  return new ImportError("unsupported", reason);
}

/** For the user, where they are imported. */
export function lossyNote(kept: string): string {
  return `it keeps its vectors ${kept}: what is imported are these, not those that were put in`;
}
