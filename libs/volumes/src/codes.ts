import { excerpt, StatusError } from "@sluice/errors";

/** Codes of the REST interface for volumes. 63240 is Zilliz Cloud's; the others stand beside it, where nothing else is known of theirs. */
export const volumeCodes = {
  notFound: 63240,
  nameTaken: 63241,
  invalidName: 63242,
  tooMany: 63243,
  invalidKind: 63244,
  notRunning: 63245,
  inUse: 63246,
  pathRefused: 63247,
  tooLarge: 63248,
  notAuthorised: 63249,
  regionDiffers: 63250,
  uploadNotFound: 63251,
  fileExists: 63252,
  fileNotFound: 63253,
  partMissing: 63254,
  rateLimited: 63290,
} as const;

/** By what is done with a volume: how a message calls it, and the privileges that let somebody do it. */
const doings = {
  see: ["see it", "ReadVolume, WriteVolume or UseVolume"],
  read: ["read its files", "ReadVolume"],
  write: ["write into it", "WriteVolume"],
  use: ["import from it", "ReadVolume or UseVolume"],
} as const;

/**
 * Of a volume with which somebody may not do something; one with which they may do nothing is as one that there is not.
 * @param known names of those with which they may do anything; `*` = all @param right what they may not do
 */
export function refusedVolume(name: string, known: readonly string[], right: keyof typeof doings): StatusError {
  if (!known.includes(name) && !known.includes("*")) return volumeNotFound(name);
  const [what, privileges] = doings[right];
  const text = `you may not ${what}: ask for a grant of ${privileges} on it [volume=${excerpt(name, 80)}]`;
  return new StatusError(volumeCodes.notAuthorised, text);
}

/** Words of Zilliz Cloud: Terraform takes a volume for gone by `not exist` in the message. */
export function volumeNotFound(name: string): StatusError {
  const text = "The specified volume not exists, please check your request.";
  return new StatusError(volumeCodes.notFound, `${text} [volume=${excerpt(name, 80)}]`);
}
