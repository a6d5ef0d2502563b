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
  regionDiffers: 63250,
  uploadNotFound: 63251,
  fileExists: 63252,
  fileNotFound: 63253,
  partMissing: 63254,
} as const;

/** Words of Zilliz Cloud: Terraform takes a volume for gone by `not exist` in the message. */
export function volumeNotFound(name: string): StatusError {
  const text = "The specified volume not exists, please check your request.";
  return new StatusError(volumeCodes.notFound, `${text} [volume=${excerpt(name, 80)}]`);
}
