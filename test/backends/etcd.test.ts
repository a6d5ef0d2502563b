import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { EtcdMetaStore } from "@sluice/metastore/etcd";
import { metaStoreConformance } from "@sluice/metastore/testing";
import { describeWith } from "../support/needs.ts";
import { type EtcdServer, startEtcd } from "../support/servers.ts";
import { etcdctl, put } from "./etcd-support.ts";

describeWith("etcd", "etcdctl")("EtcdMetaStore", () => {
  let etcd: EtcdServer;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(async () => etcd[Symbol.asyncDispose]());
  const open = (prefix: string = randomUUID()) => EtcdMetaStore.open({ endpoints: [etcd.url], prefix });

  metaStoreConformance("etcd", open);

  it("scans 3000 records and watches them, and shows nothing of its own", async () => {
    await using store = await open("many");
    const abort = new AbortController();
    const changes = store.watch("", abort.signal);
    const keys = Array.from({ length: 3000 }, (_, i) => `task/${String(i).padStart(4, "0")}`);
    for (let i = 0; i < keys.length; i += 120)
      await store.commit({ guards: [], writes: keys.slice(i, i + 120).map((key) => ({ key, value: `of ${key}` })) });
    const found = await Array.fromAsync(store.scan(""));
    expect(found.map(({ key }) => key)).toEqual(keys);
    expect(found.every(({ key, value }) => value === `of ${key}`)).toBe(true);
    const seen = new Set<string>();
    for await (const some of changes) {
      for (const key of some) seen.add(key);
      if (seen.size >= keys.length) break;
    }
    expect([...seen].sort()).toEqual(keys);
    abort.abort();
  });

  it("scans records of nearly a megabyte between small ones", async () => {
    await using store = await open();
    const sizeOf = (i: number) => (i % 5 === 0 ? 1_000_000 : 10);
    for (let i = 100; i < 160; i++) await put(store, `k/${i}`, "x".repeat(sizeOf(i)));
    const sizes = await Array.fromAsync(store.scan("k/"), ({ value }) => value.length);
    expect(sizes).toEqual(Array.from({ length: 60 }, (_, i) => sizeOf(i)));
  });

  it("takes a mebibyte of records in one transaction, and names the limit where there is more", async () => {
    await using store = await open();
    await put(store, "k", "é".repeat(1 << 19));
    expect((await store.get("k"))?.value).toHaveLength(1 << 19);
    await expect(put(store, "k", `${"é".repeat(1 << 19)}x`)).rejects.toThrow(
      "the records of one transaction have 1048577 bytes, the limit is 1048576",
    );
  });

  it("leaves nothing of its own behind", async () => {
    const store = await open("tidy");
    await Promise.all(Array.from({ length: 20 }, (_, i) => put(store, `k/${i}`, "v")));
    await store.hold({ key: "session", value: "", ttlMs: 60_000, signal: new AbortController().signal });
    const keys = () => etcdctl(etcd, "get", "tidy/", "--prefix", "--keys-only");
    expect(await keys()).toContain("\0slot/");
    expect(await keys()).toContain("tidy/session");
    await store[Symbol.asyncDispose]();
    const left = (await keys()).split("\n").filter((line) => line !== "");
    expect(left.every((line) => line.startsWith("tidy/k/"))).toBe(true);
    expect(left).toHaveLength(20);
  });

  it("keeps the records of one prefix apart from those of another that begins alike", async () => {
    await using one = await open("a");
    await using other = await open("ab");
    await put(one, "k", "of one");
    await put(other, "k", "of the other");
    expect(await Array.fromAsync(one.scan(""), ({ value }) => value)).toEqual(["of one"]);
    expect((await other.get("k"))?.value).toBe("of the other");
  });

  it.each([
    [{ endpoints: [] }, "at least one endpoint"],
    [{ endpoints: ["127.0.0.1:2379"] }, "must have the form http://HOST:PORT"],
    [{ endpoints: ["http://user:secret@127.0.0.1:2379"] }, "must have the form http://HOST:PORT or https://HOST:PORT"],
    [{ endpoints: ["http://a:1", "https://b:1"] }, "all begin with http://, or all with https://"],
    [{ prefix: "" }, 'invalid etcd prefix ""'],
    [{ prefix: "/a" }, 'invalid etcd prefix "/a"'],
  ])("refuses the options %j", async (options, message) => {
    const opening = EtcdMetaStore.open({ endpoints: [etcd.url], prefix: "p", ...options });
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.not.toThrow("secret");
  });
});
