import type { Caller } from "./access-control.ts";

const callers = new WeakMap<object, Caller>();

/** From here on the handlers of a call may ask who has made it. */
export function noteCaller(call: object, caller: Caller): void {
  callers.set(call, caller);
}

/** Undefined where nobody is asked. */
export function callerOf(call: object): Caller | undefined {
  return callers.get(call);
}
