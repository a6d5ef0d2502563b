import { excerpt, StatusError } from "@sluice/errors";
import { volumeCodes } from "./codes.ts";

/** Source: Zilliz Cloud's rules for names of volumes. */
const NAME = /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/;
/** Characters. Source: Zilliz Cloud's guide to volumes. */
const MAX_DESCRIPTION = 255;

/** Whether a volume can have the name. */
export function isVolumeName(name: string): boolean {
  return NAME.test(name);
}

/** @throws {StatusError} 63242 */
export function checkVolumeName(name: string): void {
  if (isVolumeName(name)) return;
  const rule = "expected 1 to 64 letters, digits, - and _, a letter or _ first";
  throw new StatusError(
    volumeCodes.invalidName,
    `invalid name of a volume ${JSON.stringify(excerpt(name, 80))}: ${rule}`,
  );
}

/** @throws {StatusError} 63242 */
export function checkDescription(description: string): void {
  if (description.length <= MAX_DESCRIPTION) return;
  const reason = `the description of a volume has ${description.length} characters, more than ${MAX_DESCRIPTION}`;
  throw new StatusError(volumeCodes.invalidName, reason);
}
