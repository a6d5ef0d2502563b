import { describe, expect, it } from "@jest/globals";
import { parseRedisUrl } from "../src/bullmq/redis-url.ts";

describe("the URL of Redis", () => {
  it("names one server", () => {
    expect(parseRedisUrl("redis://queue:6380/3")).toEqual({
      kind: "single",
      hosts: [{ host: "queue", port: 6380 }],
      masterName: undefined,
      tls: false,
      user: undefined,
      password: undefined,
      database: 3,
    });
    expect(parseRedisUrl("rediss://app:p%40ss:word@[::1]")).toMatchObject({
      hosts: [{ host: "::1", port: 6379 }],
      tls: true,
      user: "app",
      password: "p@ss:word",
      database: 0,
    });
    expect(parseRedisUrl("redis://:secret@queue")).toMatchObject({ user: undefined, password: "secret" });
  });

  it("names sentinels and the master that they watch", () => {
    expect(parseRedisUrl("redis+sentinel://a,b:26380/main/2")).toMatchObject({
      kind: "sentinel",
      hosts: [
        { host: "a", port: 26379 },
        { host: "b", port: 26380 },
      ],
      masterName: "main",
      database: 2,
    });
  });

  it("names nodes of a cluster", () => {
    expect(parseRedisUrl("rediss+cluster://a:1,b:2")).toMatchObject({ kind: "cluster", tls: true, database: 0 });
  });

  it.each([
    ["http://queue", /form/],
    ["redis://", /form/],
    ["redis://a,b", /several hosts/],
    ["redis+sentinel://a", /no master/],
    ["redis+cluster://a/1", /only database 0/],
    ["redis://queue/x", /database/],
    ["redis://queue:99999", /host/],
    ["redis://:%zz@queue", /percent-encoded/],
  ])("%s is refused", (url, reason) => {
    expect(() => parseRedisUrl(url)).toThrow(reason);
  });

  it("never shows a password in its errors", () => {
    for (const url of ["redis://app:hush@a,b", "redis://app:hush@queue:0", "ftp://app:hush@queue"]) {
      expect(() => parseRedisUrl(url)).toThrow(/^(?!.*hush)/);
    }
  });
});
