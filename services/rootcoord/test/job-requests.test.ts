import { describe, expect, it } from "@jest/globals";
import { JobViews } from "../src/jobs/job-views.ts";

import { world } from "./job-world.ts";

describe("requests", () => {
  it("name every missing file at once", async () => {
    await expect(world.submit({ files: ["a.jsonl", "x.jsonl", "y.jsonl"] })).rejects.toThrow(/x\.jsonl, y\.jsonl/);
    await expect(world.submit({ files: ["x.jsonl"] })).rejects.toThrow("x.jsonl");
  });

  it("with one idempotency key are one job, also at the same moment", async () => {
    const request = { files: ["a.jsonl"], idempotencyKey: "k1" };
    const ids = await Promise.all([world.submit(request), world.submit(request), world.submit(request)]);
    expect(new Set(ids).size).toBe(1);
    await world.restart();
    expect(await world.submit(request)).toBe(ids[0]);
    expect(await world.submit({ ...request, idempotencyKey: "k2" })).not.toBe(ids[0]);
  });

  it("beyond the limit of open jobs are refused in Milvus's words", async () => {
    for (let i = 0; i < 3; i++) await world.submit({ files: ["a.jsonl"] });
    await expect(world.submit({ files: ["a.jsonl"] })).rejects.toThrow("The number of jobs has reached the limit");
  });

  it("into partitions that do not exist are refused", async () => {
    await expect(world.submit({ files: ["a.jsonl"], partitionName: "no" })).rejects.toThrow(
      "partition not found[partition=no]",
    );
  });

  it("D8, D13: are listed by database, ascending, the newest when there is a limit", async () => {
    const ids = [
      await world.submit({ files: ["a.jsonl"] }),
      await world.submit({ files: ["b.jsonl"] }),
      await world.submit({ files: ["a.jsonl"] }),
    ];
    const views = new JobViews({ book: world.book });
    const listed = async (limit: bigint, dbName = "default") =>
      (await views.listStates({ collectionName: "", limit, dbName })).tasks.map((task) => task.id);
    expect(await listed(0n)).toEqual(ids);
    expect(await listed(2n)).toEqual(ids.slice(1));
    expect(await listed(0n, "other")).toEqual([]);
    await expect(views.state({ task: 5n })).rejects.toThrow("import job does not exist, jobID=5");
  });
});
