import { expect, it } from "@jest/globals";
import type { MetaTransaction } from "@sluice/metastore";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import fc from "fast-check";
import { commitBatches, readBatches } from "../src/etcd/etcd-batches.ts";

const limits = { transactionOperations: 8, writeBytes: 100 };

/** A store whose commits take a turn of the event loop, and what went to it. */
function slowStore(store = new MemoryMetaStore()) {
  const sent: MetaTransaction[] = [];
  const commit = commitBatches(async (transaction) => {
    sent.push(transaction);
    await new Promise((resolve) => setImmediate(resolve));
    return store.commit(transaction);
  }, limits);
  return { store, sent, commit };
}

const put = (key: string, value = "x", guards: MetaTransaction["guards"] = []): MetaTransaction => ({
  guards,
  writes: [{ key, value }],
});
const all = (commit: ReturnType<typeof slowStore>["commit"], ...transactions: MetaTransaction[]) =>
  Promise.all(transactions.map(commit));

it("commits of one moment are one transaction, with a guard that they share once", async () => {
  const { store, sent, commit } = slowStore();
  const leads = { key: "leader", revision: (await store.commit(put("leader"))) ?? 0n };
  const revisions = await all(commit, put("a", "1", [leads]), put("b", "2", [leads]), put("c", "3", [leads]));
  expect(sent).toHaveLength(1);
  expect(sent[0].guards).toEqual([leads]);
  expect(new Set(revisions).size).toBe(1);
  expect((await store.get("b"))?.revision).toBe(revisions[1]);
});

it.each([
  ["two writes of a key", put("a"), put("a")],
  ["a write of what another one guards", put("b", "x", [{ key: "a", revision: 0n }]), put("a")],
  ["a guard of what another one writes", put("a"), put("b", "x", [{ key: "a", revision: 0n }])],
  [
    "guards that contradict each other",
    put("b", "x", [{ key: "a", revision: 0n }]),
    put("c", "x", [{ key: "a", revision: 1n }]),
  ],
  ["more bytes than fit", put("a", "x".repeat(60)), put("b", "x".repeat(60))],
])("E4: %s go apart", async (_, first, second) => {
  const { sent, commit } = slowStore();
  await all(commit, first, second);
  expect(sent).toEqual([first, second]);
});

it("no transaction has more operations than etcd takes", async () => {
  const { sent, commit } = slowStore();
  await all(commit, ...Array.from({ length: 20 }, (_, i) => put(`k${i}`)));
  expect(sent.map(({ writes }) => writes.length)).toEqual([8, 8, 4]);
});

it("E4: where a guard has moved only its transaction is refused", async () => {
  const { store, commit } = slowStore();
  await store.commit(put("a"));
  const [one, refused, other] = await all(commit, put("b"), put("c", "x", [{ key: "a", revision: 0n }]), put("d"));
  expect([one !== undefined, refused, other !== undefined]).toEqual([true, undefined, true]);
  expect([await store.get("c"), (await store.get("d"))?.value]).toEqual([undefined, "x"]);
});

it("E4: whatever comes together, no increment of a guarded number is lost", async () => {
  const keys = fc.constantFrom("a", "b", "c");
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(keys, keys), { maxLength: 30 }), async (pairs) => {
      const { store, commit } = slowStore();
      const counts = new Map<string, number>();
      await Promise.all(
        pairs.map(async (pair) => {
          const both = [...new Set(pair)];
          for (const key of both) counts.set(key, (counts.get(key) ?? 0) + 1);
          for (;;) {
            const entries = await Promise.all(both.map((key) => store.get(key)));
            const guards = both.map((key, i) => ({ key, revision: entries[i]?.revision ?? 0n }));
            const writes = both.map((key, i) => ({ key, value: `${Number(entries[i]?.value ?? "0") + 1}` }));
            if ((await commit({ guards, writes })) !== undefined) return;
          }
        }),
      );
      for (const [key, count] of counts) expect((await store.get(key))?.value).toBe(`${count}`);
    }),
    { numRuns: 50 },
  );
});

it("reads of one moment are one request, each answered with its own key", async () => {
  const asked: string[][] = [];
  const read = readBatches(async (keys) => {
    asked.push([...keys]);
    return keys.map((key) => key.toUpperCase());
  }, limits);
  expect(await Promise.all(["a", "b", "a"].map(read))).toEqual(["A", "B", "A"]);
  expect(asked).toEqual([["a", "b", "a"]]);
});
