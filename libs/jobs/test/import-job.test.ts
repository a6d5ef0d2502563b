import { describe, expect, it, test } from "@jest/globals";
import {
  decideJob,
  type JobState,
  parseGoDuration,
  parseImportOptions,
  planSplits,
  progressPercent,
  type TaskState,
} from "@sluice/jobs";
import fc from "fast-check";
import { mergeRanges } from "../src/progress.ts";

describe("decideJob", () => {
  test.each<[from: JobState, tasks: string, now: "in time" | "late", kind: string]>([
    ["pending", "", "in time", "plan"],
    ["pending", "", "late", "fail"],
    ["importing", "persisted running", "in time", "stay"],
    ["importing", "pending", "late", "fail"],
    ["importing", "persisted failed", "in time", "fail_by_task"],
    ["importing", "persisted persisted", "in time", "commit"],
    ["committing", "persisted persisted", "late", "complete"], // past the point of no return
    ["completed", "failed", "late", "stay"], // a stale report
    ["failed", "persisted", "in time", "stay"],
  ])("%s with tasks [%s], %s: %s", (state, tasks, now, kind) => {
    const states = tasks.split(" ").filter(Boolean) as TaskState[];
    const view = {
      state,
      deadlineMs: 100,
      droppedTarget: undefined,
      nowMs: now === "late" ? 100 : 99,
    };
    expect(decideJob({ ...view, tasks: states.map((task) => ({ state: task })) }).kind).toBe(kind);
  });

  it("D10: fails an open job at once when its collection is dropped, never a committing one", () => {
    const view = { deadlineMs: 0, droppedTarget: "collection 7", nowMs: 5, tasks: [] };
    expect(decideJob({ ...view, state: "importing" })).toEqual({ kind: "fail", reason: "collection 7 dropped" });
    expect(decideJob({ ...view, state: "committing" })).toEqual({ kind: "complete" });
  });
});

describe("options", () => {
  test.each([
    ["300s", 300_000],
    ["1.5h", 5_400_000],
    ["1h45m", 6_300_000],
    ["100ms", 100],
    ["+2m", 120_000],
  ])("reads the Go duration %s", (text, ms) => expect(parseGoDuration(text)).toBe(ms));

  test.each(["", "5", "-", "1x", "s", "1h 5m"])("refuses the duration %j", (text) => {
    expect(() => parseGoDuration(text)).toThrow("parse timeout failed: invalid duration");
  });

  test.each(["0", "0s", "-0", "-3s", "-1h5m"])("refuses the duration %j, in which nothing could be done", (text) => {
    expect(() => parseGoDuration(text)).toThrow(/parse timeout failed: .* leaves the job no time/);
  });

  const parse = (options: Record<string, string>) =>
    parseImportOptions(
      Object.entries(options).map(([key, value]) => ({ key, value })),
      new Set(["fold_extra_columns"]),
    ).spec;

  it("are typed once, and kept as they were sent", () => {
    expect(parse({ timeout: "1s", fold_extra_columns: "true", backup: "false" })).toEqual({
      options: [
        ["timeout", "1s"],
        ["fold_extra_columns", "true"],
        ["backup", "false"],
      ],
      timeoutMs: 1000,
      formatOptions: { fold_extra_columns: "true" },
      warnings: [],
    });
  });

  it("refuses what it would otherwise ignore in silence", () => {
    expect(() => parse({ l0_import: "True", backup: "true" })).toThrow("l0_import=true and backup=true");
    expect(() => parse({ l0_import: "True", on_error: "skip" })).toThrow("options.on_error says nothing of l0_import");
    expect(parse({ l0_import: "True", end_ts: "1" })).toMatchObject({ isDeletes: true, warnings: [] });
    expect(() => parse({ auto_commit: "no" })).toThrow('must be one of "true" or "false"');
    expect(parse({ auto_commit: "False" })).toMatchObject({ isTwoPhase: true });
    expect(parse({ auto_commit: "false", dry_run: "true" })).not.toHaveProperty("isTwoPhase");
    const twice = ["1", "2"].map((value) => ({ key: "a", value }));
    expect(() => parseImportOptions(twice)).toThrow("duplicate option key");
  });

  it("names the options that have no effect", () => {
    expect(parse({ tiemout: "1s", toString: "x" }).warnings).toEqual([
      expect.stringMatching(
        /^option 'tiemout' is not known and has no effect \(did you mean 'timeout'\?\); known are auto_commit, .*timeout, webhook$/,
      ),
      expect.stringContaining("option 'toString' is not known"),
    ]);
  });

  it("takes the bucket that all paths are meant in", () => {
    expect(parse({ bucket: "b" })).toMatchObject({ bucket: "b", warnings: [] });
    expect(parse({ bucket: "" })).not.toHaveProperty("bucket");
  });

  it.each([
    ["loadOnce", "true", "every import loads all its files"],
    ["maxErrors", "5", "on_error=skip:N"],
    ["pattern", "*.parquet", "into the path"],
    ["purge", "true", "remove them when"],
    ["manifest", "m.json", "name the files"],
    ["field_mapping", "{}", "fields_mapping"],
  ])("refuses %s of stages, which would be wrong to pass over, and says what to do instead", (key, value, cure) => {
    expect(() => parse({ [key]: value })).toThrow(cure);
    expect(() => parse({ [key]: "" })).not.toThrow();
  });

  it.each(["objectUrl", "object_url", "accessKey", "endpoint", "bucket_name", "stageName", "dataSource"])(
    "refuses %s: ignored, a file of the same name would be taken from elsewhere",
    (key) => {
      expect(() => parse({ [key]: "x" })).toThrow(
        /is not supported by this server: .* name a bucket by the option 'bucket'/,
      );
      expect(parse({ [key]: "" }).warnings).toHaveLength(1);
    },
  );

  it.each([
    "dryrun",
    "dryRun",
    "DRY-RUN",
    "validate_only",
    "validateOnly",
    "simulate",
    "what_if",
    "noop",
    "no_commit",
    "execute",
  ])("refuses %s, whatever its value: a guess at a safety switch must never write", (key) => {
    for (const value of ["true", "false", ""]) expect(() => parse({ [key]: value })).toThrow(`option '${key}'`);
  });

  it("takes dry_run for what it says, and nothing unclear", () => {
    expect(parse({ dry_run: "True" })).toMatchObject({ isDryRun: true, warnings: [] });
    expect(parse({ dry_run: "false" })).not.toHaveProperty("isDryRun");
    for (const value of ["", "yes", "1", "0", "no"]) expect(() => parse({ dry_run: value })).toThrow("option dry_run");
  });
});

describe("planSplits", () => {
  it("leaves small and uncuttable sources whole", () => {
    expect(planSplits({ sizeBytes: 140, extent: 140, cuts: "anywhere" }, 100)).toEqual([
      { range: undefined, sizeBytes: 140 },
    ]);
    expect(planSplits({ sizeBytes: 1e9, extent: 1, cuts: "nowhere" }, 100)).toHaveLength(1);
  });

  it("covers every position exactly once, whatever the cuts", () => {
    const cutLists = fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 });
    fc.assert(
      fc.property(cutLists, fc.integer({ min: 1, max: 400 }), fc.boolean(), (sizes, target, anywhere) => {
        const cuts = [0];
        for (const size of sizes) cuts.push(cuts[cuts.length - 1] + size);
        const extent = cuts[cuts.length - 1];
        const splits = planSplits(
          { sizeBytes: extent, extent, cuts: anywhere ? "anywhere" : cuts, cutBytes: cuts },
          target,
        );
        if (splits.length === 1 && !splits[0].range) return;
        let at = 0;
        for (const { range } of splits) {
          expect(range?.begin).toBe(at);
          expect(range?.end).toBeGreaterThan(at);
          at = range?.end ?? -1;
        }
        expect(at).toBe(extent);
        expect(splits.reduce((sum, split) => sum + split.sizeBytes, 0)).toBeGreaterThanOrEqual(extent - splits.length);
      }),
      { seed: 1 },
    );
  });
});

describe("progress", () => {
  it("reaches 100 only when the job is completed", () => {
    const tasks = [{ state: "persisted" as const, sizeBytes: 0, processedBytes: 0 }];
    expect(progressPercent({ state: "importing", tasks })).toBe(98);
    expect(progressPercent({ state: "committing", tasks })).toBe(99);
    expect(progressPercent({ state: "completed", tasks })).toBe(100);
  });

  it("joins id ranges that touch", () => expect(mergeRanges([1n, 5n, 5n, 9n, 20n, 21n])).toEqual([1n, 9n, 20n, 21n]));
});
