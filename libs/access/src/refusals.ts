import { excerpt, StatusError, statusCodes } from "@sluice/errors";

/** Longest name of a role or a group in a reason. */
const NAME_CHARS = 255;

/** Code 1100. */
export function invalid(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, reason);
}

/** A name of a user's choosing, cut for a reason. */
export function shown(name: string): string {
  return excerpt(name, NAME_CHARS);
}

/** Code 1100, in Milvus's words. */
export function noSuchRole(): StatusError {
  return invalid("not found the role, maybe the role isn't existed or internal system error");
}
