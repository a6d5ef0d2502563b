import { audited } from "./access/audit-calls.ts";
import type { CallRates } from "./access/call-rates.ts";
import { type GuardDeps, guarded, identified } from "./access/guarded-calls.ts";
import { limited } from "./access/limited-calls.ts";
import { batches } from "./operations/batches.ts";
import { intercepted, type Operations } from "./operations/operations.ts";

/** What calls of gRPC pass on their way in. @param guards asked who may call what, where users are asked for */
export function grpcDoor(operations: Operations, rates: CallRates, guards?: GuardDeps): Operations {
  const written = guards?.audit ? [audited(guards.audit)] : [];
  const known = guards ? [identified(guards.access)] : [];
  const allowed = guards ? [guarded(guards)] : [];
  return {
    ...intercepted(operations, [...written, ...known, ...allowed, limited(rates)]),
    ...intercepted(batches(intercepted(operations, allowed)), [...written, ...known, limited(rates)]),
  };
}

/** The same of calls that REST makes, which has written down, identified and counted its request before. */
export function restDoor(operations: Operations, guards?: GuardDeps): Operations {
  return intercepted(operations, guards ? [guarded(guards)] : []);
}
