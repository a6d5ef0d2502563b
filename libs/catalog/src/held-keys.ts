// Keys that live processes hold: they vanish with their holder, so they are no records of a table.

/** Below it lie the sessions of all live processes. */
export const SESSIONS = "session/";

/** What one process holds while it lives. @param id of the process, its own */
export function sessionKey(role: string, id: string): string {
  return `${SESSIONS}${role}/${id}`;
}

/** What the process holds that leads a role. */
export function leaderKey(role: string): string {
  return `leader/${role}`;
}
