import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { createLogger, type LogFields, type LoggerOptions, silentLogger } from "@sluice/telemetry";

function capture(options: LoggerOptions = {}) {
  const lines: string[] = [];
  const log = createLogger("datanode", { ...options, write: (line) => lines.push(line) });
  return { log, lines, records: () => lines.map((line) => JSON.parse(line)) };
}

describe("createLogger", () => {
  it("writes one JSON object a line", () => {
    const { log, lines, records } = capture();
    log.info("task leased", { taskId: 5n, sizeBytes: 100 });
    log.warn("no fields");
    expect(records()).toMatchObject([
      { level: "info", service: "datanode", msg: "task leased", taskId: "5", sizeBytes: 100 },
      { level: "warn", service: "datanode", msg: "no fields" },
    ]);
    expect(records()[0].time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(lines[0].endsWith("}\n")).toBe(true);
  });

  it("keeps hybrid timestamps and ids exact, at any depth", () => {
    const { log, records } = capture();
    const ts = 462_000_000_000_000_001n;
    log.child({ jobId: ts }).info("m", { a: { b: [ts, { c: ts }] } });
    expect(records()[0]).toMatchObject({ jobId: `${ts}`, a: { b: [`${ts}`, { c: `${ts}` }] } });
  });

  it("writes errors with code, place and cause", () => {
    const { log, records } = capture();
    const err = Object.assign(new Error("outer", { cause: new Error("inner") }), {
      code: "value_invalid",
      at: { row: 7 },
    });
    log.error("task failed", { err });
    expect(records()[0].err).toMatchObject({ code: "value_invalid", at: { row: 7 }, message: "outer: inner" });
    expect(records()[0].err.stack).toContain("inner");
  });

  it("survives fields that are no JSON", () => {
    const { log, lines } = capture();
    const loop: Record<string, unknown> = {};
    loop.self = loop;
    const fields: LogFields = { loop, fn: () => 1, none: undefined, map: new Map() };
    log.info("odd", fields);
    expect(lines).toHaveLength(1);
  });

  it.each([
    ["debug", 4],
    ["warn", 2],
    ["silent", 0],
  ] as const)("level %s writes %i of the four", (level, count) => {
    const { log, lines } = capture({ level });
    log.debug("a");
    log.info("b");
    log.warn("c");
    log.error("d");
    expect(lines).toHaveLength(count);
  });

  it("writes lines for people", () => {
    const { log, lines } = capture({ pretty: true });
    log.info("task leased", { taskId: 5n, path: "a b.json" });
    log.error("failed", { err: new Error("broken") });
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d\.\d{3} info {2}datanode task leased taskId=5 path="a b.json"\n$/);
    expect(lines[1]).toMatch(/failed\n {2}Error: broken\n {6}at /);
  });

  it("goes to standard error, never to standard output", () => {
    const script =
      'const { createLogger } = await import("@sluice/telemetry"); createLogger("s").info("hello"); process.kill(process.pid, "SIGKILL");';
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ["--conditions=source", "--input-type=module", "-e", script],
      {
        cwd: join(import.meta.dirname, ".."),
        env: { ...process.env, NODE_OPTIONS: "" },
        encoding: "utf8",
      },
    );
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toMatchObject({ service: "s", msg: "hello" });
  });

  it("silentLogger says nothing", () => {
    expect(silentLogger.child({ a: 1 })).toBe(silentLogger);
    silentLogger.error("nothing");
  });
});
