import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { common } from "@sluice/rpc";
import type { Body } from "./body.ts";

const LEVELS = common.ConsistencyLevel;

/** A level by its name. @throws {StatusError} 1100 */
export function levelOf(name: string): common.ConsistencyLevel {
  if (Object.hasOwn(LEVELS, name)) return LEVELS[name as keyof typeof LEVELS];
  const reason = `consistencyLevel can only be [Strong, Session, Bounded, Eventually, Customized], but got ${excerpt(name)}`;
  throw new StatusError(statusCodes.invalidParameter, reason);
}

/** What a body that reads asks for: a level, or that of the collection. @throws {StatusError} 1100 */
export function readLevel(body: Body) {
  const name = body.text("consistencyLevel");
  if (name === "") return { useDefaultConsistency: true };
  return { consistencyLevel: levelOf(name), useDefaultConsistency: false };
}
