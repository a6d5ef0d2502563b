import { expect, it } from "@jest/globals";
import type { HeldKey, MetaStore } from "../meta-store.ts";
import { keysOf, put } from "./records.ts";

/** Keys that are held, and those who watch: a part of the suite. @param store of the test that runs */
export function heldKeysConformance(store: () => MetaStore): void {
  const never = new AbortController().signal;
  const hold = async (key: string, value = "held", signal = never) =>
    (await store().hold({ key, value, ttlMs: 5000, signal })) as HeldKey;

  it("shows a held key to get, scan and watch, until it is released", async () => {
    const abort = new AbortController();
    const changes = store().watch("session/", abort.signal)[Symbol.asyncIterator]();
    const held = await hold("session/1", "here");
    expect([...(await changes.next()).value]).toEqual(["session/1"]);
    expect(await store().get("session/1")).toEqual({ key: "session/1", value: "here", revision: held.guard.revision });
    expect(await keysOf(store(), "session/")).toEqual(["session/1"]);
    await held[Symbol.asyncDispose]();
    expect([...(await changes.next()).value]).toEqual(["session/1"]);
    expect(await store().get("session/1")).toBeUndefined();
    await held[Symbol.asyncDispose]();
    abort.abort();
  });

  it("lets one hold a key at a time; the others wait for its release", async () => {
    let holders = 0;
    const seen: number[] = [];
    const takeTurn = async (i: number) => {
      const held = await hold("leader", `${i}`);
      expect(++holders).toBe(1);
      expect((await store().get("leader"))?.value).toBe(`${i}`);
      seen.push(i);
      holders--;
      await held[Symbol.asyncDispose]();
    };
    await Promise.all([0, 1, 2, 3, 4].map(takeTurn));
    expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4]);
  });

  it("fails the guard of a key that was released, also when another holds it", async () => {
    const first = await hold("leader");
    const write = (held: HeldKey) => store().commit({ guards: [held.guard], writes: [{ key: "k", value: "1" }] });
    expect(await write(first)).toBeDefined();
    await first[Symbol.asyncDispose]();
    expect(await write(first)).toBeUndefined();
    const second = await hold("leader");
    expect(await write(first)).toBeUndefined();
    expect(await write(second)).toBeDefined();
    await second[Symbol.asyncDispose]();
  });

  it("waits for a key that was put by a transaction, not for keys that begin alike", async () => {
    await put(store(), "leader", "not held");
    await put(store(), "leader/other", "another key");
    const holding = hold("leader");
    await put(store(), "leader/other", "changes nothing");
    expect(await Promise.race([holding, store().get("leader")])).toMatchObject({ value: "not held" });
    await store().commit({ guards: [], writes: [{ key: "leader", value: undefined }] });
    await (await holding)[Symbol.asyncDispose]();
  });

  it.each(["deletes", "replaces"])("tells the holder when somebody %s its key", async (what) => {
    const held = await hold("leader");
    expect(held.lost.aborted).toBe(false);
    const lost = new Promise((resolve) => held.lost.addEventListener("abort", resolve, { once: true }));
    const value = what === "deletes" ? undefined : "mine";
    await store().commit({ guards: [], writes: [{ key: "leader", value }] });
    await lost;
    await held[Symbol.asyncDispose]();
    expect((await store().get("leader"))?.value).toBe(value);
  });

  it("ends the wait for a key when the signal aborts", async () => {
    const held = await hold("leader");
    const abort = new AbortController();
    const waiting = hold("leader", "", abort.signal);
    await store().get("leader");
    abort.abort();
    expect(await waiting).toBeUndefined();
    expect(await hold("leader", "", abort.signal)).toBeUndefined();
    expect(held.lost.aborted).toBe(false);
    await held[Symbol.asyncDispose]();
  });
}
