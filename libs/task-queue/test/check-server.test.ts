import { expect, it } from "@jest/globals";
import { checkServer, explainRedis } from "../src/bullmq/check-server.ts";
import type { RedisClient } from "../src/bullmq/redis-connection.ts";
import { parseRedisUrl } from "../src/bullmq/redis-url.ts";

const answering = (info: string) => ({ info: async () => info }) as unknown as RedisClient;

it.each([
  ["redis_version:7.0.15\r\nmaxmemory_policy:noeviction\r\n", undefined],
  ["redis_version:7.0.15\r\nmaxmemory_policy:allkeys-lru\r\n", /maxmemory-policy allkeys-lru.*noeviction/],
  ["redis_version:6.2.0\r\n", undefined],
])("finds what is unwise in %j", async (info, expected) => {
  const found = await checkServer(answering(info));
  if (expected === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(expected);
});

it("refuses a server that is too old", async () => {
  await expect(checkServer(answering("redis_version:5.0.14\r\n"))).rejects.toThrow("at least 6.2 is needed");
});

it.each([
  ["WRONGPASS invalid username-password pair", /127\.0\.0\.1:6379 refuses user and password \(setting redis\)/],
  [
    "NOPERM this user has no permissions to run the 'info' command",
    /give it the right \+info \(ACL SETUSER app \+info\)/,
  ],
  ["connect ECONNREFUSED 127.0.0.1:6379", /does not serve: connect ECONNREFUSED/],
])("explains %s", (text, expected) => {
  const reason = explainRedis(new Error(text), parseRedisUrl("redis://app:hush@127.0.0.1:6379"));
  expect(reason).toMatch(expected);
  expect(reason).not.toContain("hush");
});
