import { beforeEach, describe, expect, it } from "@jest/globals";
import { ImportError } from "@sluice/errors";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { LastKnown } from "../src/last-known.ts";
import { FencedWrites } from "../src/thread/fenced-writes.ts";

let steadyMs: number;
let wallMs: number;
let asked: number;
const clocks = () => ({ steadyMs, wallMs });
const ask = async () => void asked++;
beforeEach(() => {
  [steadyMs, wallMs, asked] = [1000, 5_000_000, 0];
});

function pass(ms: number): void {
  steadyMs += ms;
  wallMs += ms;
}

describe("what was last known", () => {
  it("is asked for at first, and then when it is too old", async () => {
    const known = new LastKnown(clocks);
    for (const ms of [0, 50, 49, 2, 99]) {
      pass(ms);
      await known.confirm(100, ask);
    }
    expect(asked).toBe(2);
  });

  it.each([
    ["the process was stopped", () => pass(3_600_000)],
    ["the machine slept, which one clock does not count", () => void (wallMs += 3_600_000)],
    ["somebody has set the time back", () => void (wallMs -= 3_600_000)],
  ])("is not known any more after %s", async (_what, happen) => {
    const known = new LastKnown(clocks);
    await known.confirm(100, ask);
    happen();
    await known.confirm(100, ask);
    expect(asked).toBe(2);
  });

  it("holds from when it was asked, not from when the answer came", async () => {
    const known = new LastKnown(clocks);
    await known.confirm(100, async () => pass(90));
    pass(20);
    await known.confirm(100, ask);
    expect(asked).toBe(1);
  });

  it("is not known after a failure", async () => {
    const known = new LastKnown(clocks);
    await expect(known.confirm(100, async () => Promise.reject(new Error("away")))).rejects.toThrow("away");
    await known.confirm(100, ask);
    expect(asked).toBe(1);
  });
});

describe("writes of an attempt", () => {
  it("F1: appear only while it is the current one", async () => {
    const store = new MemoryObjectStore();
    let isCurrent = true;
    const writes = new FencedWrites(store, async () => {
      if (!isCurrent) throw new ImportError("attempt_superseded", "another attempt runs");
    });
    await writes.put("a", [new Uint8Array(1)]);
    isCurrent = false;
    await writes.put("b", [new Uint8Array(1)]); // It was known a moment ago.
    const stopped = new FencedWrites(store, async () => {
      throw new ImportError("attempt_superseded", "another attempt runs");
    });
    await expect(stopped.put("c", [new Uint8Array(1)])).rejects.toMatchObject({ code: "attempt_superseded" });
    expect(await Array.fromAsync(store.list(""), ({ key }) => key)).toEqual(["a", "b"]);
  });
});
