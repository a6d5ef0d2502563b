import { beforeEach, describe, expect, it } from "@jest/globals";
import type { JobRecord, TaskRecord } from "@sluice/catalog";
import { ImportError } from "@sluice/errors";
import { type RejectedRowRecord, specOf } from "@sluice/jobs";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import { jobId } from "@sluice/schema";
import { RejectsWriter } from "../../src/jobs/rejects/rejects-writer.ts";
import { UploadUsage } from "../../src/volumes/upload-usage.ts";
import { VolumeFiles } from "../../src/volumes/volume-files.ts";
import { VolumeTables } from "../../src/volumes/volume-tables.ts";
import { VolumeUploads } from "../../src/volumes/volume-uploads.ts";
import { VolumeWriter } from "../../src/volumes/volume-writer.ts";
import { newVolume, Volumes } from "../../src/volumes/volumes.ts";
import { persisted, resultOf, started, world } from "../job-world.ts";

const now = () => 1_800_000_000_000;

function open({ maxBytes, capacityBytes = 0 }: { maxBytes?: number; capacityBytes?: number } = {}) {
  const store = new MemoryMetaStore();
  const objects = new MemoryObjectStore();
  const volumes = new Volumes({ store, now, hasSource: () => false, readersOf: () => [], maxVolumes: 10 });
  const tables = new VolumeTables(store);
  const uploads = new VolumeUploads(
    { volumes, usage: new UploadUsage(now), now, capacityBytes, maxFiles: 1000 },
    tables,
  );
  const files = new VolumeFiles(volumes, tables, now);
  return {
    objects,
    volumes,
    files,
    tables,
    writer: new RejectsWriter(objects, new VolumeWriter(uploads, objects), maxBytes),
  };
}

const record = { ...newVolume("v", now()) };
const folder = { volumeName: "v", volumeId: record.volumeId, folder: "bad/" };
const job = { jobId: jobId(7n), groups: [{ files: [{ path: "a.jsonl", sizeBytes: 9 }] }] } as unknown as JobRecord;
const reasons: RejectedRowRecord[] = [
  { file: "a.jsonl", row: 1, reason: "too short", code: "value_invalid", field: "v", byteOffset: 12 },
  { file: "a.jsonl", row: 4, reason: "no key" },
];

function taskWith(count: number): TaskRecord {
  const objects = { rows: ["r/rows.0.jsonl"], reasons: ["r/reasons.0.jsonl"] };
  return {
    group: 0,
    warnings: [],
    findings: { sets: [{ rejectedRows: count, objects }], rejected: [] },
  } as unknown as TaskRecord;
}

async function keep(objects: MemoryObjectStore, rows: readonly RejectedRowRecord[]): Promise<void> {
  await objects.put("r/rows.0.jsonl", [Buffer.from("row\n".repeat(rows.length))]);
  await objects.put("r/reasons.0.jsonl", [Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(""))]);
}

let at: ReturnType<typeof open>;
beforeEach(async () => {
  at = open();
  await at.volumes.add(record);
});

const listed = async ({ files }: ReturnType<typeof open>) =>
  (await files.list({ volumeName: "v", prefix: "", after: "", limit: 0, byFolder: false })).files.map(
    ({ path }) => path,
  );
const write = ({ writer }: ReturnType<typeof open>, tasks = [taskWith(2)]) =>
  writer.write(job, tasks, folder, new AbortController().signal);

describe("rejected rows in a volume", () => {
  it("are the same files a second time, of which none is left over", async () => {
    await keep(at.objects, reasons);
    const first = await write(at);
    expect(first).toMatchObject({ files: 2, rows: 2 });
    const { fileCount, totalBytes } = (await at.volumes.find("v")).record;
    expect(await write(at)).toEqual(first);
    expect(await listed(at)).toEqual(["bad/7/_reasons.parquet", "bad/7/rejected-0-0.jsonl"]);
    expect((await at.volumes.find("v")).record).toMatchObject({ fileCount, totalBytes });
  });

  it("are written up to a bound, which is told with what was written", async () => {
    at = open({ maxBytes: 2500 });
    await at.volumes.add(record);
    const many = Array.from({ length: 700 }, (_, row) => ({ file: "a.jsonl", row, reason: "too short" }));
    await keep(at.objects, many);
    const written = await write(at, [taskWith(700)]);
    expect(written.sizeBytes).toBeLessThanOrEqual(2500);
    expect(written.refusal).toContain("more than 2500 bytes");
    expect(written.files).toBe((await listed(at)).length);
  });

  it("go as far as the volume has room, and its refusal is told in its words", async () => {
    at = open({ capacityBytes: 10 });
    await at.volumes.add(record);
    await keep(at.objects, reasons);
    expect(await write(at)).toMatchObject({ files: 0, rows: 0, refusal: expect.stringContaining("volume-capacity") });
    expect(await listed(at)).toEqual([]);
  });

  it("wait for storage that is away", async () => {
    await keep(at.objects, reasons);
    at.objects.put = async () => {
      throw new ImportError("object_store_unavailable", "away");
    };
    await expect(write(at)).rejects.toThrow("away");
  });
});

describe("a job that writes what it left out", () => {
  it("completes when that is done, also after a crash meanwhile and a refusal that passes", async () => {
    let calls = 0;
    let isAway = true;
    const writeRejects = async () => {
      calls++;
      if (isAway) throw new Error("storage is away");
      return { files: 1, rows: 2, sizeBytes: 3 };
    };
    Object.assign(world.planners.import ?? {}, { writeRejects });
    const { id, orders } = await started(["a.jsonl"]);
    await world.reports.report(resultOf(orders[0], persisted));
    await world.until(() => calls > 0);
    expect(world.state(id)).toBe("committing");
    await world.restart();
    isAway = false;
    await world.until(() => world.state(id) === "completed");
    expect(world.book.get(jobId(id))?.job.rejects).toEqual({ files: 1, rows: 2, sizeBytes: 3 });
  });

  it("fails for their number when that is done, also after a crash meanwhile and a refusal that passes", async () => {
    let calls = 0;
    let isAway = true;
    const writeRejects = async () => {
      calls++;
      if (isAway) throw new Error("storage is away");
      return { files: 1, rows: 2, sizeBytes: 3 };
    };
    const refusal = () => ({ code: "value_invalid", reason: "too many" }) as const;
    Object.assign(world.planners.import ?? {}, { writeRejects, refusal });
    const { id, orders } = await started(["a.jsonl"]);
    await world.book.change(jobId(id), ({ job }) => ({
      job: { ...job, spec: { ...specOf(job, "import"), rejectsFolder: folder } },
      effects: [],
    }));
    await world.reports.report(resultOf(orders[0], persisted));
    await world.until(() => calls > 0);
    expect(world.state(id)).toBe("importing");
    await world.restart();
    isAway = false;
    await world.until(() => world.state(id) === "failed");
    const { rejects, failure } = world.book.get(jobId(id))?.job ?? {};
    expect([rejects, failure?.reason]).toEqual([{ files: 1, rows: 2, sizeBytes: 3 }, "too many"]);
    expect(world.dataCoord.commits).toBe(0);
  });
});
