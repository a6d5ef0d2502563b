import { expect, it } from "@jest/globals";
import type { MetaStore } from "../meta-store.ts";
import { put } from "./records.ts";

/** Watching prefixes: a part of the suite. @param store of the test that runs */
export function watchConformance(store: () => MetaStore): void {
  it("wakes watchers of a prefix, and tells the keys", async () => {
    const abort = new AbortController();
    const seen = new Set<string>();
    const changes = store().watch("task/", abort.signal);
    await put(store(), "task/0", "before the first item is asked for");
    const watching = (async () => {
      for await (const keys of changes) {
        for (const key of keys) seen.add(key);
        if (seen.has("task/9")) return;
      }
    })();
    for (let i = 1; i < 10; i++) await put(store(), `task/${i}`, "x");
    await put(store(), "job/1", "x");
    await watching;
    expect([...seen].sort()).toEqual(Array.from({ length: 10 }, (_, i) => `task/${i}`));
    abort.abort();
  });

  it("shows a watcher the record it was woken for", async () => {
    const abort = new AbortController();
    const changes = store().watch("k", abort.signal)[Symbol.asyncIterator]();
    const next = changes.next();
    await store().commit({ guards: [], writes: [{ key: "k", value: "new" }] });
    expect([...(await next).value]).toEqual(["k"]);
    expect((await store().get("k"))?.value).toBe("new");
    const removal = changes.next();
    await store().commit({ guards: [], writes: [{ key: "k", value: undefined }] });
    expect([...(await removal).value]).toEqual(["k"]);
    abort.abort();
  });

  it("ends a watch when its signal aborts", async () => {
    const abort = new AbortController();
    const changes = store().watch("k", abort.signal)[Symbol.asyncIterator]();
    const next = changes.next();
    abort.abort();
    expect((await next).done).toBe(true);
    expect(await Array.fromAsync(store().watch("k", abort.signal))).toEqual([]);
  });
}
