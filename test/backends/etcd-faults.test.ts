import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { commitWithRetry, RecordTable } from "@sluice/catalog";
import type { HeldKey, MetaStore } from "@sluice/metastore";
import { EtcdMetaStore, type EtcdOptions } from "@sluice/metastore/etcd";
import { eventually } from "../support/eventually.ts";
import { describeWith } from "../support/needs.ts";
import { type EtcdServer, freePorts, startEtcd } from "../support/servers.ts";
import { etcdctl, Network, put, remove } from "./etcd-support.ts";

describeWith("etcd", "etcdctl")("EtcdMetaStore when something fails", () => {
  let etcd: EtcdServer;
  let network: Network;
  beforeAll(async () => {
    etcd = await startEtcd();
    network = await Network.open(etcd);
  });
  afterAll(async () => {
    await network[Symbol.asyncDispose]();
    await etcd[Symbol.asyncDispose]();
  });

  const open = (prefix: string, options: Partial<EtcdOptions> = {}) =>
    EtcdMetaStore.open({ endpoints: [etcd.url], prefix, ...options });
  /** Two stores of the same records, one behind the network that fails. */
  const openPair = async () => {
    const prefix = randomUUID();
    const behind = await open(prefix, { endpoints: [network.url], callTimeoutMs: 500 });
    return { behind, direct: await open(prefix) };
  };
  const { signal } = new AbortController();
  const holdLeader = async (store: MetaStore, ttlMs: number) =>
    (await store.hold({ key: "leader", value: "", ttlMs, signal })) as HeldKey;
  const creation = (value: string) => ({ guards: [{ key: "k", revision: 0n }], writes: [{ key: "k", value }] });
  const valueIs = (store: MetaStore, value: string) =>
    eventually(async () => expect((await store.get("k"))?.value).toBe(value));

  /** Follows a watch until `keys` have come, the prefix counting as any of them that is gone. */
  const sees = async (changes: AsyncIterable<ReadonlySet<string>>, ...keys: readonly string[]) => {
    const missing = new Set(keys);
    const iterator = changes[Symbol.asyncIterator]();
    while (missing.size > 0) for (const key of (await iterator.next()).value as Set<string>) missing.delete(key);
  };

  it("works while one of its members is gone and another is silent", async () => {
    const [gone] = await freePorts(1);
    await using silent = await Network.open(etcd);
    const endpoints = [`http://127.0.0.1:${gone}`, etcd.url, silent.url];
    await using store = await open(randomUUID(), { endpoints, callTimeoutMs: 300 });
    silent.loseAnswers();
    const changes = store.watch("k/", signal);
    for (let i = 0; i < 10; i++) await put(store, `k/${i}`, `${i}`);
    await sees(changes, "k/0", "k/9");
    expect(await Array.fromAsync(store.scan("k/"))).toHaveLength(10);
  });

  describe("commits", () => {
    it("resolves to the revision of a transaction whose answer was lost", async () => {
      const { behind, direct } = await openPair();
      await put(behind, "other", "opens the connection");
      network.loseAnswers();
      const committing = behind.commit(creation("1"));
      await valueIs(direct, "1");
      network.break();
      expect(await committing).toBe((await direct.get("k"))?.revision);
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("does so also when another one changed the record before it asked again", async () => {
      const { behind, direct } = await openPair();
      await put(behind, "other", "opens the connection");
      network.loseAnswers();
      const committing = behind.commit(creation("1"));
      await valueIs(direct, "1");
      const written = (await direct.get("k"))?.revision;
      await put(direct, "k", "2");
      network.break();
      expect(await committing).toBe(written);
      expect((await direct.get("k"))?.value).toBe("2");
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("writes nothing by a copy that arrives late", async () => {
      const { behind, direct } = await openPair();
      await put(behind, "k", "opens the connection");
      const arrive = network.delayRequests();
      await put(behind, "k", "1"); // The second copy, on another connection.
      await put(direct, "k", "2");
      arrive();
      for (let i = 0; i < 20; i++) {
        await sleep(10);
        expect((await direct.get("k"))?.value).toBe("2");
      }
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("writes nothing later of what it said to be refused", async () => {
      const { behind, direct } = await openPair();
      await put(behind, "other", "opens the connection");
      await put(direct, "k", "is there");
      const arrive = network.delayRequests();
      expect(await behind.commit(creation("1"))).toBeUndefined();
      await remove(direct, "k"); // Now the guard holds.
      arrive();
      for (let i = 0; i < 20; i++) {
        await sleep(10);
        expect(await direct.get("k")).toBeUndefined();
      }
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("says when it cannot tell what became of a transaction, and holds its guard when it is made again", async () => {
      const prefix = randomUUID();
      const behind = await open(prefix, { endpoints: [network.url], callTimeoutMs: 300, patienceMs: 500 });
      await using direct = await open(prefix);
      await put(behind, "other", "opens the connection");
      network.loseAnswers();
      const committing = behind.commit(creation("1"));
      await valueIs(direct, "1");
      network.break({ isDown: true });
      await expect(committing).rejects.toMatchObject({
        code: 1,
        message: expect.stringMatching(
          /^service not ready: cannot commit: etcd at http:\S+ cannot be reached.*may have been carried out all the same/,
        ),
      });
      network.repair();
      expect(await behind.commit(creation("2"))).toBeUndefined();
      expect((await behind.get("k"))?.value).toBe("1");
      await behind[Symbol.asyncDispose]();
    });

    it("goes on when etcd has forgotten its lease", async () => {
      await using store = await open(randomUUID());
      await put(store, "k", "1");
      const leases = (await etcdctl(etcd, "lease", "list")).split("\n").filter((line) => /^[0-9a-f]{10,}$/.test(line));
      for (const lease of leases) await etcdctl(etcd, "lease", "revoke", lease);
      await put(store, "k", "2");
      expect((await store.get("k"))?.value).toBe("2");
    });

    it("counts each increment once while etcd is killed again and again", async () => {
      await using store = await open(randomUUID());
      const table = new RecordTable<{ count: number }, string>(store, { name: "counter", idOf: () => "c" });
      await store.commit({ guards: [], writes: [table.write({ count: 0 })] });
      let done = 0;
      let isOver = false;
      const increment = async () => {
        while (!isOver) {
          const isDone = await commitWithRetry(store, async () => {
            const entry = await table.get("c");
            const writes = [table.write({ count: (entry?.record.count ?? 0) + 1 })];
            return { transaction: { guards: [table.guard(entry!)], writes }, result: true };
          });
          if (isDone) done++;
        }
      };
      const working = Promise.all([increment(), increment(), increment()]);
      const areMore = async (count: number) => {
        for (const wanted = done + count; done < wanted; ) await sleep(5);
      };
      for (let i = 0; i < 3; i++) {
        await areMore(20);
        await etcd.server.kill9();
        await etcd.server.start();
      }
      await areMore(20);
      isOver = true;
      await working;
      expect((await table.get("c"))?.record.count).toBe(done);
    });
  });

  describe("watches", () => {
    it("tells all keys where etcd has forgotten the changes in between", async () => {
      const { behind, direct } = await openPair();
      for (const key of ["k/kept", "k/gone", "j/other"]) await put(direct, key, "1");
      const changes = behind.watch("k/", signal);
      await put(direct, "k/first", "1");
      await sees(changes, "k/first");
      network.break({ isDown: true });
      await remove(direct, "k/gone");
      const last = await put(direct, "k/new", "1");
      await etcdctl(etcd, "compact", `${last}`);
      network.repair();
      await sees(changes, "k/", "k/kept", "k/first", "k/new");
      await put(direct, "k/later", "1");
      await sees(changes, "k/later");
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("begins where its store knows, though that is compacted", async () => {
      await using store = await open(randomUUID());
      await using other = await open("any");
      for (let i = 0; i < 5; i++) await put(other, "k", `${i}`);
      await etcdctl(etcd, "compact", `${await put(other, "k", "last")}`);
      const changes = store.watch("k", signal);
      await sees(changes, "k");
      await put(store, "k1", "1");
      await sees(changes, "k1");
    });

    it("loses nothing on connections that break again and again", async () => {
      const { behind, direct } = await openPair();
      const keys = Array.from({ length: 300 }, (_, i) => `k/${i}`);
      const watching = sees(behind.watch("k/", signal), ...keys);
      for (const [i, key] of keys.entries()) {
        await put(direct, key, "x".repeat(1000));
        if (i % 10 === 0) network.break({ isDown: i % 20 === 0 });
        if (i % 20 === 9) network.repair();
        if (i % 7 === 0) await sleep(i % 60);
      }
      network.repair();
      await watching;
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("gives up connections on which nothing moves", async () => {
      const { behind, direct } = await openPair();
      const changes = behind.watch("k/", signal);
      await put(direct, "k/1", "1");
      await sees(changes, "k/1");
      network.loseAnswers(); // No error, no end, no data.
      await put(direct, "k/2", "1");
      await sees(changes, "k/2");
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("lives on, like held keys, when etcd is killed or frozen for a while", async () => {
      await using store = await open(randomUUID());
      await using other = await open(randomUUID());
      const changes = store.watch("k/", signal);
      await using held = await holdLeader(store, 20_000);
      for (const [i, fail] of [() => etcd.server.kill9(), async () => etcd.server.freeze()].entries()) {
        await put(store, `k/before${i}`, "1");
        await fail();
        const reading = store.get(`k/before${i}`);
        const writing = store.commit({ guards: [held.guard], writes: [{ key: `k/${i}`, value: "1" }] });
        await sleep(2500); // More than a call may take.
        if (i === 0) await etcd.server.start();
        else etcd.server.thaw();
        expect((await reading)?.value).toBe("1");
        expect(await writing).toBeDefined();
        await sees(changes, `k/before${i}`, `k/${i}`);
      }
      await put(other, "k", "the other store works, too");
      expect(held.lost.aborted).toBe(false);
    });
  });

  describe("held keys", () => {
    const lostOf = (held: HeldKey) =>
      held.lost.aborted ? undefined : new Promise((resolve) => held.lost.addEventListener("abort", resolve));

    it("are lost, and free for others, when etcd drops their lease", async () => {
      const { behind, direct } = await openPair();
      const held = await holdLeader(direct, 60_000);
      const waiting = holdLeader(behind, 60_000);
      const list = async () => (await etcdctl(etcd, "lease", "list")).split("\n");
      const leases = (await list()).filter((line) => /^[0-9a-f]{10,}$/.test(line));
      for (const lease of leases) await etcdctl(etcd, "lease", "revoke", lease).catch(() => undefined);
      await lostOf(held);
      expect((await waiting).guard.revision).toBeGreaterThan(held.guard.revision);
      await held[Symbol.asyncDispose]();
      expect(await direct.get("leader")).toBeDefined();
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("are lost by the clock of their process while etcd is not there, and can be held again", async () => {
      await using store = await open(randomUUID());
      const held = await holdLeader(store, 1500);
      etcd.server.freeze();
      await lostOf(held);
      const releasing = held[Symbol.asyncDispose]();
      const again = holdLeader(store, 5000);
      etcd.server.thaw();
      await releasing;
      await using next = await again;
      expect(next.guard.revision).toBeGreaterThan(held.guard.revision);
      expect(await store.commit({ guards: [held.guard], writes: [{ key: "k", value: "1" }] })).toBeUndefined();
    });

    it("are told apart from those of others when the answer was lost", async () => {
      const { behind, direct } = await openPair();
      await put(behind, "other", "opens the connection");
      const holding = holdLeader(behind, 30_000);
      for (let i = 0; i < 3; i++) {
        network.loseAnswers();
        await sleep(5);
      }
      network.break();
      await using held = await holding;
      expect((await direct.get("leader"))?.revision).toBe(held.guard.revision);
      await held[Symbol.asyncDispose]();
      await using next = await holdLeader(direct, 30_000);
      expect(next.lost.aborted).toBe(false);
      await Promise.all([behind[Symbol.asyncDispose](), direct[Symbol.asyncDispose]()]);
    });

    it("pass on when their process stops; it notices when it wakes, and writes nothing more", async () => {
      const prefix = randomUUID();
      await using store = await open(prefix);
      const script = `${import.meta.dirname}/etcd-holder.ts`;
      const child = spawn(process.execPath, ["--conditions=source", script, etcd.url, prefix, "2000"], {
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, NODE_OPTIONS: "" },
      });
      const ended = once(child, "close");
      const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
      expect((await lines.next()).value).toBe("held");
      await valueIs(store, "child");
      child.kill("SIGSTOP");
      await using held = await holdLeader(store, 30_000);
      await store.commit({ guards: [held.guard], writes: [{ key: "k", value: "parent" }] });
      child.kill("SIGCONT");
      expect((await lines.next()).value).toMatch(/^NotLeadingError: service not ready: this leader does not lead/);
      expect((await lines.next()).value).toBe("lost true");
      await ended;
      expect((await store.get("k"))?.value).toBe("parent");
    });
  });
});
