/** What has a limit of time, or somebody who may break it off. */
export interface Late {
  readonly hasEnded: boolean;
  /** Sets timers and listens. */
  arm(): void;
}

let young: Late[] = [];

/**
 * Arms what has not ended at the end of this turn of the event loop. Nearly all small calls have by then, and timers and listeners that
 * are set and taken away again cost more than what some of them do.
 */
export function armLater(late: Late): void {
  if (young.push(late) === 1) setImmediate(armAll);
}

function armAll(): void {
  const all = young;
  young = [];
  for (const late of all) if (!late.hasEnded) late.arm();
}
