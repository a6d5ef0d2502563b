import type { Caller } from "./access-control.ts";

/** On the call itself: a weak map of calls is work for each collection of garbage. */
const CALLER = Symbol("caller");

/** From here on the handlers of a call may ask who has made it. */
export function noteCaller(call: object, caller: Caller): void {
  (call as { [CALLER]?: Caller })[CALLER] = caller;
}

/** Undefined where nobody is asked. */
export function callerOf(call: object): Caller | undefined {
  return (call as { readonly [CALLER]?: Caller })[CALLER];
}
