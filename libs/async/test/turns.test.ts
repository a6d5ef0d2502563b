import { setImmediate as immediate } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { nextTurn, Turns } from "@sluice/async";

const never = new AbortController().signal;

describe("Turns", () => {
  it("is due when the slice has had its time, and not again right behind the next turn", async () => {
    const turns = new Turns(never, 5);
    expect(turns.isDue).toBe(false);
    const endMs = performance.now() + 6;
    while (performance.now() < endMs) {}
    expect(turns.isDue).toBe(true);
    await turns.next();
    expect(turns.isDue).toBe(false);
  });

  it("lets the event loop turn once between two slices, however many take turns", async () => {
    let rounds = 0;
    let on = true;
    const count = (async () => {
      for (; on; rounds++) await immediate();
    })();
    const workers = Array.from({ length: 10 }, async () => {
      const turns = new Turns(never, 0);
      for (let i = 0; i < 20; i++) await turns.next();
    });
    await Promise.all(workers);
    on = false;
    await count;
    expect(rounds).toBeGreaterThanOrEqual(10 * 20);
  });

  it("ends with its signal, before and while it waits", async () => {
    const abort = new AbortController();
    const turns = new Turns(abort.signal);
    const waiting = turns.next();
    abort.abort(new Error("gone"));
    await expect(waiting).rejects.toThrow("gone");
    await expect(turns.next()).rejects.toThrow("gone");
  });
});

describe("short pieces of work", () => {
  const roundsUntil = async (done: Promise<unknown>) => {
    let rounds = 0;
    let isOn = true;
    const counting = (async () => {
      for (; isOn; rounds++) await immediate();
    })();
    await done;
    isOn = false;
    await counting;
    return rounds;
  };

  it("are done one between two rounds of the event loop", async () => {
    expect(await roundsUntil(Promise.all(Array.from({ length: 20 }, nextTurn)))).toBeGreaterThanOrEqual(19);
  });

  it("do not wait behind the slices of long work", async () => {
    const slices = Array.from({ length: 50 }, () => new Turns(never).next());
    expect(await roundsUntil(nextTurn())).toBeLessThan(5);
    await Promise.all(slices);
  });
});
