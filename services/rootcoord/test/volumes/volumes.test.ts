import { beforeEach, describe, expect, it } from "@jest/globals";
import { loadSettings } from "@sluice/config";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { contentKey } from "@sluice/object-store";
import { MemoryObjectStore } from "@sluice/object-store/testing";
import type { volume } from "@sluice/rpc";
import { silentLogger } from "@sluice/telemetry";
import fc from "fast-check";
import { rootCoordSettings } from "../../src/settings.ts";
import { UploadGrants } from "../../src/volumes/upload-grants.ts";
import { UploadUsage } from "../../src/volumes/upload-usage.ts";
import { VolumeFiles } from "../../src/volumes/volume-files.ts";
import { VolumeSweeper } from "../../src/volumes/volume-sweeper.ts";
import { VolumeTables } from "../../src/volumes/volume-tables.ts";
import { VolumeUploads } from "../../src/volumes/volume-uploads.ts";
import { newVolume, Volumes } from "../../src/volumes/volumes.ts";

const HOUR = 3600_000;
const DAY = 24 * HOUR;

function open({ capacityBytes = 0, maxFiles = 1000 } = {}) {
  const clock = { ms: 1_800_000_000_000 };
  const now = () => clock.ms;
  const store = new MemoryMetaStore();
  const objects = new MemoryObjectStore();
  const sources = new Set(["lake"]);
  const volumes = new Volumes({
    store,
    now,
    hasSource: (name) => sources.has(name),
    readersOf: () => [],
    maxVolumes: 10,
  });
  const tables = new VolumeTables(store);
  const uploads = new VolumeUploads({ volumes, usage: new UploadUsage(now), now, capacityBytes, maxFiles }, tables);
  const files = new VolumeFiles(volumes, tables, now);
  const sweeper = new VolumeSweeper({
    ...{ store, objects, volumes, tables, uploads, now },
    log: silentLogger,
    intervalMs: 0,
  });
  const admins = new Set(["ann"]);
  const mayStill = async ({ caller }: { caller: string }) => admins.has(caller);
  const grants = new UploadGrants({ store, volumes, now, tokenTtlMs: HOUR, maxBytes: 100, mayStill });
  return { admins, sources, clock, store, objects, volumes, tables, uploads, files, sweeper, grants };
}

let at: ReturnType<typeof open>;
beforeEach(async () => {
  at = open();
  await at.volumes.add(newVolume("v", at.clock.ms));
});

const begin = (path: string, more: Partial<volume.BeginContentRequest> = {}) =>
  at.uploads.begin({ volumeName: "v", volumeId: "", path, sizeBytes: 5n, inParts: false, limits: undefined, ...more });

const part = (more: Omit<Partial<volume.CheckPartRequest>, "volumeName">): volume.CheckPartRequest => ({
  ...{ volumeName: "v", volumeId: "", contentId: "", path: "", sizeBytes: 0n, limits: undefined, partNumber: 1 },
  ...more,
});

/** Uploads a file of an object. */
async function upload(path: string, sizeBytes = 5n, more: Partial<volume.PublishContentRequest> = {}) {
  const { volumeId, contentId } = await begin(path, { sizeBytes });
  await at.objects.put(`${contentKey(volumeId, contentId)}/0/0`, [new Uint8Array(Number(sizeBytes))]);
  const published = {
    volumeName: "v",
    path,
    volumeId,
    contentId,
    sizeBytes,
    etag: "e",
    limits: undefined,
    ifAbsent: false,
  };
  await at.uploads.publish({ ...published, ...more });
  return { volumeId, contentId };
}

const keys = async () => (await Array.fromAsync(at.objects.list(""))).length;
const records = async () => (await Array.fromAsync(at.store.scan(""))).map(({ key }) => key.split("/")[0]);
const volumeNow = async () => (await at.volumes.find("v")).record;

describe("a name that no volume can have", () => {
  it.each(["", "\0", "a".repeat(70_000), "a/b", "ä"])("%j is that of none, whatever is asked", async (name) => {
    const asked = { code: 63240 };
    await expect(at.volumes.find(name)).rejects.toMatchObject(asked);
    await expect(at.files.find({ volumeName: name, path: "a" })).rejects.toMatchObject(asked);
    await expect(begin("a", { volumeName: name })).rejects.toMatchObject(asked);
    if (name !== "") await expect(at.grants.issue({ name, folder: "", user: "" })).rejects.toMatchObject(asked);
  });
});

it("a page of files that comes after what no listing has answered is refused", async () => {
  const asked = { volumeName: "v", prefix: "", limit: 10, byFolder: false };
  await expect(at.files.list({ ...asked, after: "a".repeat(901) })).rejects.toMatchObject({ code: 63247 });
  expect((await at.files.list({ ...asked, after: "a".repeat(900) })).files).toEqual([]);
});

describe("files of volumes", () => {
  it("count what their paths lead to, whatever is uploaded, replaced and removed", async () => {
    const step = fc.record({
      path: fc.constantFrom("a", "a/b", "b", "c%d"),
      size: fc.integer({ min: 0, max: 9 }),
      removes: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        at = open();
        await at.volumes.add(newVolume("v", 0));
        const model = new Map<string, number>();
        for (const { path, size, removes } of steps) {
          if (!removes) await upload(path, BigInt(size));
          else if (model.has(path)) await at.files.remove({ volumeName: "v", path });
          if (removes) model.delete(path);
          else model.set(path, size);
        }
        const found = await Array.fromAsync(at.files.all("v", ""), ({ path, sizeBytes }) => [path, sizeBytes]);
        expect(found).toEqual([...model].sort(([a], [b]) => (a < b ? -1 : 1)));
        const totalBytes = [...model.values()].reduce((sum, size) => sum + size, 0);
        expect(await volumeNow()).toMatchObject({ fileCount: model.size, totalBytes });
        at.clock.ms += 2 * HOUR;
        await at.sweeper.sweep();
        expect(await keys()).toBe(model.size);
      }),
      { numRuns: 30 },
    );
  });

  it("publish once, however often it is said; one that lost its content is not published", async () => {
    const content = await upload("x");
    const again = {
      volumeName: "v",
      path: "x",
      ...content,
      sizeBytes: 5n,
      etag: "e",
      limits: undefined,
      ifAbsent: false,
    };
    await at.uploads.publish(again);
    await expect(at.uploads.publish({ ...again, etag: "other" })).rejects.toMatchObject({ code: 63251 });
    const { volumeId, contentId } = await begin("y");
    await at.uploads.drop({ volumeId, contentId });
    await at.uploads.drop({ volumeId, contentId });
    await expect(at.uploads.publish({ ...again, path: "y", contentId })).rejects.toMatchObject({ code: 63251 });
    expect(await volumeNow()).toMatchObject({ fileCount: 1, totalBytes: 5 });
    await expect(upload("x", 5n, { ifAbsent: true })).rejects.toMatchObject({ code: 63252 });
  });

  it("are no more, and no larger, than the settings say; a file that replaces another counts once", async () => {
    at = open({ capacityBytes: 20, maxFiles: 3 });
    await at.volumes.add(newVolume("v", at.clock.ms));
    for (const path of ["a", "b"]) await upload(path);
    await expect(upload("c", 11n)).rejects.toMatchObject({
      code: 63248,
      message: expect.stringContaining("volume-capacity"),
    });
    await upload("c");
    await expect(upload("d", 1n)).rejects.toMatchObject({
      code: 63248,
      message: expect.stringContaining("volume-max-files"),
    });
    await upload("a", 10n);
    expect(await volumeNow()).toMatchObject({ fileCount: 3, totalBytes: 20 });
    await upload("a", 10n);
    const { volumeId, contentId } = await begin("b", { inParts: true, sizeBytes: 0n });
    await at.uploads.checkPart(part({ volumeId, contentId, path: "b", sizeBytes: 5n }));
  });

  it("are counted with all parts of an upload as these come, each number once", async () => {
    at = open({ capacityBytes: 20 });
    await at.volumes.add(newVolume("v", at.clock.ms));
    const { volumeId, contentId } = await begin("a", { inParts: true, sizeBytes: 0n });
    const one = { volumeId, contentId, path: "a" };
    const save = (partNumber: number, sizeBytes: bigint) =>
      at.uploads.savePart({ volumeId, contentId, part: { partNumber, partId: "p", sizeBytes, md5: "" } });
    await save(1, 12n);
    await at.uploads.checkPart(part({ ...one, partNumber: 2, sizeBytes: 8n }));
    await at.uploads.checkPart(part({ ...one, partNumber: 1, sizeBytes: 20n }));
    const tooMuch = { code: 63248, message: expect.stringContaining("would hold 21 bytes") };
    await expect(at.uploads.checkPart(part({ ...one, partNumber: 2, sizeBytes: 9n }))).rejects.toMatchObject(tooMuch);
    await save(1, 4n);
    await at.uploads.checkPart(part({ ...one, partNumber: 2, sizeBytes: 16n }));
    const limits = { tokenId: "t", maxBytes: 15n, maxFiles: 2n };
    const beyond = { code: 63248, message: expect.stringContaining("would have 16 bytes, more than 15") };
    await at.uploads.checkPart(part({ ...one, partNumber: 2, sizeBytes: 11n, limits }));
    const check = at.uploads.checkPart(part({ ...one, partNumber: 2, sizeBytes: 12n, limits }));
    await expect(check).rejects.toMatchObject(beyond);
  });

  it("are no more of one upload than its credentials allow", async () => {
    const limits = { tokenId: "t", maxBytes: 9n, maxFiles: 2n };
    await upload("a", 5n, { limits });
    await expect(begin("b", { limits })).rejects.toMatchObject({ code: 63248 });
    await upload("b", 4n, { limits });
    await expect(begin("c", { limits, sizeBytes: 0n })).rejects.toMatchObject({ code: 63248 });
    await begin("c", { limits: { ...limits, tokenId: "other" } });
  });

  it("and uploads that are not finished are counted together, of one volume and of one upload's credentials", async () => {
    at = open({ capacityBytes: 20 });
    await at.volumes.add(newVolume("v", at.clock.ms));
    await upload("a", 3n);
    const limits = { tokenId: "t", maxBytes: 12n, maxFiles: 9n };
    const [b, c] = [await begin("b", { sizeBytes: 5n, limits }), await begin("c", { sizeBytes: 6n, limits })];
    const ofToken = "the upload would have 13 bytes, 11 of them in 2 other uploads that are not finished, more than 12";
    await expect(begin("d", { sizeBytes: 2n, limits })).rejects.toMatchObject({
      code: 63248,
      message: expect.stringContaining(ofToken),
    });
    const ofVolume = `the volume "v" would hold 21 bytes, 11 of them in 2 other uploads that are not finished, more than 20`;
    const tooMuch = { code: 63248, message: expect.stringContaining(ofVolume) };
    await expect(begin("d", { sizeBytes: 7n })).rejects.toMatchObject(tooMuch);
    const again = new VolumeUploads(
      { volumes: at.volumes, usage: new UploadUsage(() => 0), now: () => 0, capacityBytes: 20, maxFiles: 9 },
      at.tables,
    );
    const asked = { volumeName: "v", volumeId: "", path: "d", inParts: false, limits: undefined };
    await expect(again.begin({ ...asked, sizeBytes: 7n })).rejects.toMatchObject(tooMuch);
    await at.uploads.drop(b);
    await begin("d", { sizeBytes: 6n });
    const publishing = { volumeName: "v", ...c, sizeBytes: 6n, etag: "e", limits, ifAbsent: false };
    await at.uploads.publish(publishing);
    await expect(begin("e", { sizeBytes: 6n })).rejects.toMatchObject({ code: 63248 });
    await begin("e", { sizeBytes: 5n });
  });

  it("and parts that came at the same time are counted when they have come", async () => {
    at = open({ capacityBytes: 20 });
    await at.volumes.add(newVolume("v", at.clock.ms));
    const limits = { tokenId: "t", maxBytes: 15n, maxFiles: 9n };
    const uploads = [
      await begin("a", { inParts: true, sizeBytes: 0n, limits }),
      await begin("b", { inParts: true, sizeBytes: 0n }),
    ];
    const [one, two] = uploads.map(({ volumeId, contentId, path }) => ({ volumeId, contentId, path }));
    const save = ({ volumeId, contentId }: typeof one, partNumber: number, sizeBytes: bigint) =>
      at.uploads.savePart({ volumeId, contentId, part: { partNumber, partId: "p", sizeBytes, md5: "" } });
    for (const partNumber of [1, 2]) await at.uploads.checkPart(part({ ...one, partNumber, sizeBytes: 9n, limits }));
    await at.uploads.checkPart(part({ ...two, sizeBytes: 12n }));
    await save(one, 1, 9n);
    await expect(save(one, 2, 9n)).rejects.toMatchObject({ code: 63248, message: expect.stringContaining("18 bytes") });
    await expect(save(two, 1, 12n)).rejects.toMatchObject({
      code: 63248,
      message: expect.stringContaining("21 bytes, 9 of them in 1 other"),
    });
    await at.uploads.drop(one);
    await save(two, 1, 12n);
  });
});

describe("what is left over", () => {
  it("of a replaced file stays an hour, for jobs that read it", async () => {
    await upload("x");
    await upload("x");
    at.clock.ms += HOUR - 1;
    await at.sweeper.sweep();
    expect(await keys()).toBe(2);
    at.clock.ms += 1;
    await at.sweeper.sweep();
    expect(await keys()).toBe(1);
    expect(await records()).toEqual(["volume-file", "volume"]);
  });

  it("of one by a single request, which nobody can go on with, goes after a day", async () => {
    const content = await begin("x");
    at.clock.ms += DAY - 1;
    await at.sweeper.sweep();
    expect(await at.uploads.partsOf(content)).toBeDefined();
    at.clock.ms += 1;
    await at.sweeper.sweep();
    expect(await at.uploads.partsOf(content)).toBeUndefined();
  });

  it("of an upload that nobody ends goes after a week and an hour, with its parts, and can be ended until then", async () => {
    const { volumeId, contentId } = await begin("x", { inParts: true });
    for (const partNumber of [1, 2]) {
      await at.objects.put(`${contentKey(volumeId, contentId)}/p${partNumber}/0`, [new Uint8Array(3)]);
      const part = { partNumber, partId: `p${partNumber}`, sizeBytes: 3n, md5: "m" };
      await at.uploads.savePart({ volumeId, contentId, part });
    }
    at.clock.ms += 7 * DAY - 1;
    await at.sweeper.sweep();
    expect((await at.uploads.partsOf({ volumeId, contentId }))?.parts).toHaveLength(2);
    at.clock.ms += 1;
    await at.sweeper.sweep();
    expect(await at.uploads.partsOf({ volumeId, contentId })).toBeUndefined();
    expect(await keys()).toBe(2);
    at.clock.ms += HOUR;
    await at.sweeper.sweep();
    expect([await keys(), await records()]).toEqual([0, ["volume"]]);
  });

  it("of a dropped volume goes at once, and once more when no upload is under way any more", async () => {
    const { volumeId } = await upload("x");
    await begin("y", { inParts: true });
    await at.volumes.drop("v", false);
    await at.sweeper.sweep();
    expect([await keys(), await records()]).toEqual([0, ["dropped-volume"]]);
    await at.objects.put(`${contentKey(volumeId, "00")}/0/0`, [new Uint8Array(1)]);
    at.clock.ms += DAY + 1;
    await at.sweeper.sweep();
    expect([await keys(), await records()]).toEqual([0, []]);
  });

  it("of an upload without a name goes with its volume, a day after its last file", async () => {
    const { record } = await at.grants.issue({ name: "", folder: "", user: "" });
    expect(await at.volumes.list({ projectId: "", type: "" })).toHaveLength(1);
    at.clock.ms += DAY;
    await at.sweeper.sweep();
    await at.volumes.find(record.name);
    at.clock.ms += 1;
    await at.sweeper.sweep();
    await expect(at.volumes.find(record.name)).rejects.toMatchObject({ code: 63240 });
  });
});

describe("credentials", () => {
  it("are those of every rootcoord that follows, and none for a volume that is gone", async () => {
    const issued = await at.grants.issue({ name: "v", folder: "a", user: "" });
    const { store, volumes } = at;
    const mayStill = async () => true;
    const next = new UploadGrants({ store, volumes, now: () => 0, tokenTtlMs: 1, maxBytes: 0, mayStill });
    expect(await next.check(issued.sessionToken)).toMatchObject({ volumeName: "v", folder: "a/", maxBytes: 100 });
    await at.volumes.drop("v", false);
    await at.volumes.add(newVolume("v", 0));
    expect(await next.check(issued.sessionToken)).toBeUndefined();
  });

  it.each([
    ["5m", "expected at least 15m"],
    ["13h", "expected at most 12h"],
  ])(
    "are good long enough for clients that ask anew five minutes before, and for half a day at most: not %s",
    (ttl, said) =>
      expect(() => loadSettings(rootCoordSettings, { flags: {}, env: { SLUICE_UPLOAD_TOKEN_TTL: ttl } })).toThrow(said),
  );

  it("that name no volume make one, of which a refusal of further ones tells, since no list does", async () => {
    for (let i = 1; i < 10; i++) await at.grants.issue({ name: "", folder: "", user: "" });
    const made = at.volumes.add(newVolume("more", at.clock.ms));
    await expect(made).rejects.toMatchObject({
      code: 63243,
      message: expect.stringContaining(
        "there are 10 volumes, of which 9 go by themselves a day after their last file,",
      ),
    });
  });

  it("are not given out for external volumes, which lie in a source of the server", async () => {
    const about = { name: "e", type: "EXTERNAL", projectId: "", regionId: "", description: "", folder: "in/" };
    await at.volumes.create({ ...about, source: "lake" });
    await expect(at.grants.issue({ name: "e", folder: "", user: "" })).rejects.toMatchObject({ code: 63244 });
  });

  it("are in error without their source, and no files of theirs are told as if there were none", async () => {
    const about = { name: "e", type: "EXTERNAL", projectId: "", regionId: "", description: "", folder: "in/" };
    const record = await at.volumes.create({ ...about, source: "lake" });
    const list = { volumeName: "e", prefix: "", after: "", limit: 10, byFolder: false };
    for (const asked of [at.files.list(list), at.files.find({ volumeName: "e", path: "a" })])
      await expect(asked).rejects.toMatchObject({
        code: 63244,
        message: expect.stringContaining('source "lake", below "in/"'),
      });
    expect(at.volumes.stateOf(record)).toBe("running");
    at.sources.delete("lake");
    expect(at.volumes.stateOf(record)).toBe("error");
  });

  it("end at once for who may do everything no more; what nobody was asked for stays", async () => {
    const [ann, nobody] = ["ann", ""].map((user) => at.grants.issue({ name: "v", folder: "", user }));
    const link = { volumeName: "v", path: "a.json", method: "GET", ttlMs: HOUR, maxBytes: 0 };
    const { ticket } = await at.grants.issueFile({ ...link, user: "ann" });
    expect(await at.grants.check((await ann).sessionToken)).toMatchObject({ user: "ann" });
    expect(await at.grants.checkFile(ticket)).toMatchObject({ user: "ann", path: "a.json" });
    at.admins.delete("ann");
    expect(await at.grants.check((await ann).sessionToken)).toBeUndefined();
    expect(await at.grants.checkFile(ticket)).toBeUndefined();
    expect(await at.grants.check((await nobody).sessionToken)).toMatchObject({ user: "" });
  });
});

describe("tickets", () => {
  const link = { volumeName: "v", path: "/a//b.json", method: "PUT", ttlMs: HOUR, maxBytes: 7, user: "" };

  it("are of one file of the volume that there is, and no credentials for uploads", async () => {
    const { ticket, expiresMs } = await at.grants.issueFile(link);
    expect(expiresMs).toBe(at.clock.ms + HOUR);
    expect(await at.grants.checkFile(ticket)).toMatchObject({
      path: "a/b.json",
      method: "PUT",
      maxBytes: 7,
      expiresMs,
    });
    expect(await at.grants.checkFile(ticket.slice(0, -1) + (ticket.endsWith("A") ? "B" : "A"))).toBeUndefined();
    expect(await at.grants.check(ticket)).toBeUndefined();
    const { sessionToken } = await at.grants.issue({ name: "v", folder: "", user: "" });
    expect(await at.grants.checkFile(sessionToken)).toBeUndefined();
    await at.volumes.drop("v", false);
    await at.volumes.add(newVolume("v", 0));
    expect(await at.grants.checkFile(ticket)).toBeUndefined();
  });

  it.each([
    ["a volume that there is not", { volumeName: "x" }, 63240],
    ["a path out of it", { path: "../a" }, 63247],
    ["another method", { method: "DELETE" }, 1100],
  ])("are refused for %s", async (_what, more, code) => {
    await expect(at.grants.issueFile({ ...link, ...more })).rejects.toMatchObject({ code });
  });

  it("that write are refused while the volume is frozen", async () => {
    await at.volumes.alter({ name: "v", state: "frozen" });
    await expect(at.grants.issueFile(link)).rejects.toMatchObject({ code: 63245 });
    await at.grants.issueFile({ ...link, method: "GET" });
  });
});
