import { excerpt, StatusError, statusCodes } from "@sluice/errors";

/** Longest name of a role or a group in a reason. */
const NAME_CHARS = 255;

export function invalid(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, reason);
}

export function shown(name: string): string {
  return excerpt(name, NAME_CHARS);
}

export function noSuchRole(): StatusError {
  return invalid("not found the role, maybe the role isn't existed or internal system error");
}
