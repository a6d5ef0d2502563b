import { describe, expect, it } from "@jest/globals";
import { GRPCUnavailableError, GRPCUnknownError } from "etcd3";
import { etcdError, isTransient } from "../src/etcd/etcd-errors.ts";

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

describe("a connection that ends without a word", () => {
  const said = (reason: string, endpoint: string) => {
    const error = new GRPCUnavailableError(`14 UNAVAILABLE: No connection established. Last error: Error: ${reason}`);
    return etcdError(error, "use etcd", [endpoint]).message;
  };

  it("may be TLS on one side alone, also where the system says that it was reset", () => {
    const at = (scheme: string) => `service not ready: cannot use etcd: etcd at ${scheme}://e:1 cannot be reached: `;
    const reset = "read ECONNRESET";
    expect(said(reset, "https://e:1")).toBe(
      `${at("https")}${reset} (one without TLS is reached by http:// in setting etcd)`,
    );
    expect(said(reset, "http://e:1")).toBe(
      `${at("http")}${reset} (one with TLS is reached by https:// in setting etcd)`,
    );
  });

  it("is none where nobody listens", () => {
    expect(said("connect ECONNREFUSED 127.0.0.1:1", "https://e:1")).not.toContain("TLS");
  });
});

/** With their messages, for the titles. */
function cases(errors: readonly Error[]): [string, Error][] {
  return errors.map((error) => [error.message, error]);
}
