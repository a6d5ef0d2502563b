import { describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { silentLogger } from "@sluice/telemetry";
import { insist } from "../src/insist.ts";

const never = new AbortController().signal;
const log = silentLogger;

describe("a call of a coordinator", () => {
  it("is made again until somebody answers", async () => {
    let calls = 0;
    const call = async () => {
      if (++calls < 4) throw new Error("connection refused");
      return "answer";
    };
    expect(await insist(call, { signal: never, log, refusedMs: 1 })).toBe("answer");
  });

  it("that is refused for good is not made again", async () => {
    let calls = 0;
    const call = async () => {
      calls++;
      throw new ImportError("attempt_superseded", "another attempt runs");
    };
    await expect(insist(call, { signal: never, log })).rejects.toThrow("another attempt runs");
    expect(calls).toBe(1);
  });

  it("that is refused for now is made again for a while, then thrown", async () => {
    let calls = 0;
    const call = async () => {
      calls++;
      throw new ImportError("object_store_unavailable", "away");
    };
    await expect(insist(call, { signal: never, log, refusedMs: 300 })).rejects.toThrow("away");
    expect(calls).toBeGreaterThan(1);
    expect(calls).toBeLessThan(5);
  });

  it("ends with the lease", async () => {
    const call = async () => {
      throw new Error("connection refused");
    };
    await expect(insist(call, { signal: AbortSignal.abort(), log })).rejects.toMatchObject({ code: "aborted" });
  });
});
