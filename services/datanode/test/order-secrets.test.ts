import { randomBytes } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { CredentialsKey } from "@sluice/cluster";
import { importing } from "@sluice/rpc";
import { secretsOf } from "../src/order-secrets.ts";

const key = CredentialsKey.of(randomBytes(32).toString("hex")) as CredentialsKey;
const orderOf = (more: Partial<importing.TaskOrder>) =>
  importing.TaskOrder.fromPartial({ jobId: 1n, taskId: 2n, attempt: 3n, ...more });

describe("credentials of an attempt", () => {
  it("are those of the order, or what it has sealed for this attempt", () => {
    expect(secretsOf(orderOf({ secrets: "{}" }), undefined)).toBe("{}");
    expect(secretsOf(orderOf({ sealedSecrets: key.seal('{"a":1}', "1/2/3") }), key)).toBe('{"a":1}');
  });

  it("that this node cannot open end the attempt, saying what to do", () => {
    const sealed = orderOf({ sealedSecrets: key.seal("HUNTER2", "1/2/3") });
    expect(() => secretsOf(sealed, undefined)).toThrow(/it has none; give both the same setting/);
    expect(() => secretsOf({ ...sealed, attempt: 4n }, key)).toThrow(/its own is another one/);
  });
});
