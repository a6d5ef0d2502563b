import { describe, expect, it } from "@jest/globals";
import { describeWith, eventually, launchSluice, startRedis, TemporaryFolders } from "../support/index.ts";

const jsonLines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("settings that cannot be", () => {
  it.each([
    ["rootcoord", [], "setting s3 is missing: give --s3 or SLUICE_S3"],
    ["proxy", [], "setting etcd is missing: give --etcd or SLUICE_ETCD"],
    ["proxy", ["--etcd=etcd:2379"], "setting etcd: an endpoint of etcd must have the form http://HOST:PORT"],
    ["standalone", ["--redis=redis"], "setting redis: the URL of Redis must have the form redis://"],
    [
      "standalone",
      ["--data-dir=/dev/null/x"],
      "setting data-dir: cannot make the folder /dev/null/x: a file is in its place",
    ],
    [
      "standalone",
      ["--data-dir=/proc/x"],
      "setting data-dir: cannot make the folder /proc/x: the file system there makes",
    ],
    ["standalone", ["--split-size=big"], "setting split-size: expected a size such as 64MB"],
  ])("end %s %j with one line", async (command, flags, expected) => {
    await using folders = new TemporaryFolders();
    const ports = ["--port=0", "--log-level=error", ...(command === "standalone" ? [] : ["--http-port=0"])];
    const server = launchSluice(command, [...ports, ...flags], { cwd: await folders.create() });
    await server.ended;
    expect(server.stderr.trim().split("\n")).toHaveLength(1);
    expect(server.stderr).toContain(`sluice: ${expected}`);
  });
});

describeWith("redis-server")("a Redis that refuses", () => {
  it.each([
    ["a wrong password", ["--requirepass", "right"], ":wrong", /refuses user and password.*WRONGPASS/],
    [
      "a user without a right",
      ["--user", "app", "on", ">pw", "~*", "&*", "+@all", "-@dangerous"],
      "app:pw",
      /NOPERM.*give it the right \+info/,
    ],
  ])("is told in /readyz and in one JSON line: %s", async (_, args, credentials, expected) => {
    await using folders = new TemporaryFolders();
    await using redis = await startRedis({ args, inMemory: true });
    const flags = ["--port=0", `--redis=redis://${credentials}@127.0.0.1:${redis.port}`];
    const server = launchSluice("standalone", flags, { cwd: await folders.create() });
    await server.ready();
    await eventually(async () => {
      const answer = await fetch(`http://${server.address}/readyz`);
      expect([answer.status, await answer.text()]).toEqual([503, expect.stringMatching(expected)]);
    });
    await server.stop();
    const told = jsonLines(server.stderr).filter(({ msg, reason }) => /serve/.test(msg) && expected.test(reason ?? ""));
    expect(told).toHaveLength(1);
  });

  it("with an eviction policy is warned of once", async () => {
    await using folders = new TemporaryFolders();
    await using redis = await startRedis({ args: ["--maxmemory-policy", "allkeys-lru"], inMemory: true });
    const flags = ["--port=0", `--redis=redis://127.0.0.1:${redis.port}`];
    const server = launchSluice("standalone", flags, { cwd: await folders.create() });
    await server.ready();
    expect((await fetch(`http://${server.address}/readyz`)).status).toBe(200);
    await server.stop();
    const warnings = jsonLines(server.stderr).filter((line) => JSON.stringify(line).includes("allkeys-lru"));
    expect(warnings).toHaveLength(1);
    expect(warnings[0].reason).toContain("set maxmemory-policy noeviction");
  });
});
