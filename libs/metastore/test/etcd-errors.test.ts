import { describe, expect, it } from "@jest/globals";
import { GRPCUnavailableError, GRPCUnknownError } from "etcd3";
import { isTransient } from "../src/etcd/etcd-errors.ts";

describe("a failure of etcd", () => {
  it.each(
    cases([
      new GRPCUnavailableError("14 UNAVAILABLE: No connection established"),
      new GRPCUnknownError("2 UNKNOWN: context deadline exceeded"), // A server that was stopped in the middle of the call.
      new GRPCUnknownError("2 UNKNOWN: context canceled"),
      new GRPCUnknownError("2 UNKNOWN: etcdserver: request timed out"),
      new GRPCUnknownError("13 INTERNAL: Received RST_STREAM with code 2"),
    ]),
  )("is worth another try: %s", (_message, error) => expect(isTransient(error)).toBe(true));

  it.each(
    cases([
      new GRPCUnknownError("8 RESOURCE_EXHAUSTED: etcdserver: mvcc: database space exceeded"),
      new GRPCUnavailableError("14 UNAVAILABLE: unable to verify the first certificate"),
      new GRPCUnknownError("3 INVALID_ARGUMENT: etcdserver: key is not provided"),
    ]),
  )("is no better the next time: %s", (_message, error) => expect(isTransient(error)).toBe(false));
});

/** With their messages, for the titles. */
function cases(errors: readonly Error[]): [string, Error][] {
  return errors.map((error) => [error.message, error]);
}
