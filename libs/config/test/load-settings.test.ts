import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import {
  addSettingFlags,
  defineSettings,
  describeSettings,
  givenFlags,
  givenSettings,
  loadSettings,
  type SettingsDefinition,
  SettingsError,
} from "@sluice/config";
import { Command } from "commander";

const folder = mkdtempSync(join(tmpdir(), "sluice-config-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const definition = defineSettings({
  dataDir: { type: "string", default: "./data", description: "folder of all data", placeholder: "folder" },
  logLevel: { type: "string", choices: ["debug", "info"], default: "info", description: "least level" },
  port: { type: "int", default: 19530, min: 0, max: 65535, description: "port of the proxy" },
  memoryBudget: { type: "bytes", default: "2GB", min: 1024, description: "memory of tasks" },
  leaseTime: { type: "duration", default: "30s", description: "lease of a task" },
  durable: { type: "boolean", default: true, description: "sync to disk" },
  importRoot: { type: "list", default: [], description: "folder that imports may read" },
  secretKey: { type: "string", secret: true, description: "key of the store" },
});

/** The flags of a command line, as a program with these settings takes them. */
function flags(args: readonly string[], of: SettingsDefinition = definition) {
  const command = addSettingFlags(new Command().exitOverride(), of).configureOutput({ writeErr() {} });
  return givenFlags(command.parse(args, { from: "user" }));
}

const load = (args: string[], env: Record<string, string> = {}) =>
  loadSettings(definition, { flags: flags(args), env });

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

function problemsOf(run: () => unknown): readonly string[] {
  try {
    run();
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
  throw new Error("expected a SettingsError");
}

describe("loadSettings", () => {
  it("has typed defaults", () => {
    const { values, sources } = load([]);
    const port: number = values.port;
    const level: "debug" | "info" = values.logLevel;
    const key: string | undefined = values.secretKey;
    expect([port, level, key]).toEqual([19530, "info", undefined]);
    expect(values).toMatchObject({ memoryBudgetBytes: 2 ** 31, leaseTimeMs: 30_000, durable: true, importRoot: [] });
    expect(new Set(Object.values(sources))).toEqual(new Set(["default"]));
  });

  it("prefers flags to the environment to the file to defaults, and knows the source", () => {
    const config = file("a.yaml", "port: 1\nlease-time: 1m\nmemory: { budget: 4096 }\nimport-root: [/x, '/y,z']\n");
    const { values, sources } = load(["--config", config, "--port=3"], { SLUICE_PORT: "2", SLUICE_LEASE_TIME: "2m" });
    expect(values).toMatchObject({
      port: 3,
      leaseTimeMs: 120_000,
      memoryBudgetBytes: 4096,
      importRoot: ["/x", "/y,z"],
    });
    expect(sources).toMatchObject({
      port: "--port",
      leaseTime: "SLUICE_LEASE_TIME",
      memoryBudget: `${config}: memory-budget`,
      dataDir: "default",
    });
  });

  it("takes lists and booleans in each form", () => {
    expect(load(["--import-root", "/a,b", "--import-root", "/c"]).values.importRoot).toEqual(["/a,b", "/c"]);
    expect(load([], { SLUICE_IMPORT_ROOT: "/a, /b," }).values.importRoot).toEqual(["/a", "/b"]);
    expect(load(["--no-durable"]).values.durable).toBe(false);
    expect(load(["--no-durable"]).sources.durable).toBe("--no-durable");
    expect(load(["--durable"], { SLUICE_DURABLE: "false" }).values.durable).toBe(true);
    expect(load([], { SLUICE_DURABLE: "off" }).values.durable).toBe(false);
    const config = file("b.yaml", "durable: false\nimport-root: /one\n");
    expect(load([], { SLUICE_CONFIG: config }).values).toMatchObject({ durable: false, importRoot: ["/one"] });
  });

  it("takes an empty variable for none, and leaves strange variables alone", () => {
    expect(load([], { SLUICE_PORT: "", SLUICE_PROXY_PORT_9000_TCP: "tcp://10.0.0.1" }).values.port).toBe(19530);
  });

  it("reports all problems, with setting and source", () => {
    const config = file("c.yaml", "port: 70000\nmemory-budgte: 1\nimport-root: 5\n");
    const env = { SLUICE_LEASE_TIME: "30", SLUICE_DURABLE: "maybe" };
    expect(
      problemsOf(() => load(["--config", config, "--log-level", "loud", "--memory-budget", "1KiB!"], env)),
    ).toEqual([
      `unknown setting "memory-budgte" in ${config}; did you mean "memory-budget"?`,
      'setting log-level: expected one of debug, info, got "loud" (from --log-level)',
      `setting port: expected at most 65535, got 70000 (from ${config}: port)`,
      'setting memory-budget: expected a size such as 64MB, got "1KiB!" (from --memory-budget)',
      'setting lease-time: expected a duration such as 30s, 5m or 2h, got "30" (from SLUICE_LEASE_TIME)',
      'setting durable: expected true or false, got "maybe" (from SLUICE_DURABLE)',
      `setting import-root: expected a list of texts, got 5 (from ${config}: import-root)`,
    ]);
  });

  it("refuses unknown flags with a hint, and arguments that are no flags", () => {
    expect(() => load(["--prot", "1"])).toThrow("unknown option '--prot'\n(Did you mean --port?)");
    expect(() => load(["serve"])).toThrow("too many arguments");
    expect(() => load(["--port"])).toThrow("argument missing");
  });

  it("refuses a file that is missing or no mapping", () => {
    expect(problemsOf(() => load(["--config", join(folder, "none.yaml")]))[0]).toContain(
      "cannot read the settings file",
    );
    expect(problemsOf(() => load(["--config", file("d.yaml", "- 1\n")]))[0]).toContain("expected a mapping");
    expect(problemsOf(() => load(["--config", file("e.yaml", "port: 1\nport: 2\n")]))[0]).toContain(
      "Map keys must be unique",
    );
    expect(load(["--config", file("f.yaml", "# nothing\n")]).values.port).toBe(19530);
  });

  it("demands what is required, and does not show secrets", () => {
    const strict = defineSettings({
      key: { type: "string", required: true, secret: true, description: "k" },
      pin: { type: "int", secret: true, description: "p" },
    });
    const problems = problemsOf(() => loadSettings(strict, { flags: flags(["--pin", "hush"], strict), env: {} }));
    expect(problems).toEqual([
      "setting key is missing: give --key or SLUICE_KEY",
      "setting pin: expected a whole number, got another value (from --pin)",
    ]);
  });

  it("describes values as a user would write them, secrets masked", () => {
    const described = describeSettings(load(["--memory-budget", "1536 KB"], { SLUICE_SECRET_KEY: "hush" }));
    expect(described["memory-budget"]).toEqual({ value: "1536KB", source: "--memory-budget" });
    expect(described["secret-key"]).toEqual({ value: "***", source: "SLUICE_SECRET_KEY" });
    expect(described["lease-time"]).toEqual({ value: "30s", source: "default" });
    expect(JSON.stringify(described)).not.toContain("hush");
  });

  it("names those that were given, for people", () => {
    const given = givenSettings(load(["--memory-budget", "1536 KB"], { SLUICE_SECRET_KEY: "hush" }));
    expect(given).toEqual({ "memory-budget": "1536KB", "secret-key": "***" });
  });

  it("explains itself", () => {
    const help = addSettingFlags(new Command("serve"), definition).configureHelp({ helpWidth: 200 }).helpInformation();
    expect(help).toContain("--data-dir <folder>");
    expect(help).toContain("memory of tasks (SLUICE_MEMORY_BUDGET; default 2GB)");
    expect(help).toContain("least level: debug, info (SLUICE_LOG_LEVEL; default info)");
  });

  it("names values by their units", () => {
    const sizes = defineSettings({
      splitSize: { type: "bytes", default: "1KB", description: "s" },
      workerMemory: { type: "bytes", default: "2KB", description: "m" },
      gcGrace: { type: "duration", default: "3s", description: "g" },
    });
    const values: { splitBytes: number; workerMemoryBytes: number; gcGraceMs: number } = loadSettings(sizes, {
      env: {},
    }).values;
    expect(values).toEqual({ splitBytes: 1024, workerMemoryBytes: 2048, gcGraceMs: 3000 });
  });

  it("works below a command of another program", () => {
    let values: unknown;
    const program = new Command().exitOverride();
    const serve = addSettingFlags(program.command("serve"), definition);
    serve.action(() => {
      values = loadSettings(definition, { flags: givenFlags(serve), env: { SLUICE_LEASE_TIME: "1s" } }).values;
    });
    program.parse(["serve", "--port", "7", "--import-root", "/a"], { from: "user" });
    expect(values).toMatchObject({ port: 7, leaseTimeMs: 1000, importRoot: ["/a"], durable: true });
  });
});
