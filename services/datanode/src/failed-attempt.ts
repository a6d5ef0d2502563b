import { sleep } from "@sluice/async";
import { asImportError, failureOf, type ImportError } from "@sluice/errors";
import type { importing } from "@sluice/rpc";
import type { NodeId } from "@sluice/schema";
import type { TaskLease } from "@sluice/task-queue";
import type { Logger } from "@sluice/telemetry";
import type { Coordinators } from "./coordinators.ts";
import { insist } from "./insist.ts";
import type { AttemptEnd } from "./metrics.ts";

/** Pause before a task is given back whose error may pass. */
const RETRY_MS = 200;
/** A node that stops waits no longer for the rootcoord to hear of it. */
const FAREWELL_MS = 1000;

/** An attempt that came to nothing. */
export interface FailedAttempt {
  readonly lease: TaskLease;
  readonly order: importing.TaskOrder;
  /** For the log. */
  readonly run: object;
}

interface Deps {
  readonly coordinators: Coordinators;
  readonly nodeId: () => NodeId;
  readonly log: Logger;
}

/**
 * Says why an attempt failed, and lets its task go: for good, or for another attempt.
 * @param signals `signal` aborts when the attempt is not ours any more, `back` when the task is to be given back
 */
export async function endFailed(
  attempt: FailedAttempt,
  error: unknown,
  signals: { readonly signal: AbortSignal; readonly back: AbortSignal },
  deps: Deps,
): Promise<AttemptEnd> {
  const { lease, run } = attempt;
  if (signals.back.aborted) {
    deps.log.info("attempt ends without a result: its node stops, or others wait for the slot", { ...run });
    return handBack(attempt, deps);
  }
  const failure = asImportError(error);
  logFailure(failure, run, deps.log);
  // The lease is lost or another attempt runs: the task is not ours to answer for.
  if (signals.signal.aborted || failure.code === "attempt_superseded" || failure.code === "aborted") {
    showLife(attempt, deps);
    await lease.complete();
    return "lost";
  }
  return tell(attempt, failure, signals, deps);
}

async function tell(
  attempt: FailedAttempt,
  failure: ImportError,
  { signal, back }: { readonly signal: AbortSignal; readonly back: AbortSignal },
  deps: Deps,
): Promise<AttemptEnd> {
  const { lease, order } = attempt;
  const { coordinators, nodeId, log } = deps;
  const progress = { state: "failed", failure: failureOf(failure) } as const;
  try {
    await insist(() => coordinators.report(order, nodeId(), progress), { signal, log });
  } catch {
    // Refused, drained or lost meanwhile: not ours to answer for. What is still open is handed over again.
    if (back.aborted) return handBack(attempt, deps);
    await lease.complete();
    return "lost";
  }
  if (failure.spec.retry === "never") {
    await lease.complete();
    return "failed";
  }
  await sleep(RETRY_MS, signal);
  await lease.giveBack();
  return "retried";
}

/**
 * The rootcoord first: it hears of it before the next attempt begins, and does not take it for dead. When
 * it does not listen, the task goes back all the same.
 */
async function handBack({ lease, order }: FailedAttempt, { coordinators, nodeId }: Deps): Promise<AttemptEnd> {
  const told = coordinators.report(order, nodeId(), { state: "handed_back" }).catch(() => undefined);
  await Promise.race([told, sleep(FAREWELL_MS, undefined, { ref: false })]);
  await lease.giveBack();
  return "handed_back";
}

/** Another node may have the task because this one fell silent: the rootcoord must not take it for dead. Nobody waits for it. */
function showLife({ order }: FailedAttempt, { coordinators, nodeId }: Deps): void {
  coordinators.report(order, nodeId(), { state: "running", rowCount: 0, processedBytes: 0 }).catch(() => undefined);
}

/** What is wrong with the input is the user's to read, in the job; what is wrong with the system is the operator's. */
function logFailure(failure: ImportError, run: object, log: Logger): void {
  const { code, reason, at, spec } = failure;
  if (spec.blame === "input") log.info("attempt failed by its input", { ...run, code, reason, ...at });
  else log.warn("attempt ended without a result", { ...run, err: failure });
}
