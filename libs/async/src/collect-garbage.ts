import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Collects the garbage of this thread's heap: all of it, at once, during which the thread does nothing else. */
export function collectGarbage(): void {
  // No other way leads there from a program that was started without the flag.
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
}
