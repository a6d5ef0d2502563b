import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, describe, expect, it } from "@jest/globals";
import { EmbeddedMetaStore } from "@sluice/metastore";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

interface Acknowledged {
  readonly number: number;
  readonly revision: bigint;
}

/** Runs the writers and kills them in the middle of their work, after `lines` acknowledgements. */
async function writeUntilKilled(folder: string, seed: number, lines: number): Promise<Map<string, Acknowledged>> {
  const script = join(import.meta.dirname, "crash-writer.ts");
  const child = spawn(process.execPath, ["--conditions=source", script, folder, `${seed}`], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  const exited = new Promise((resolve) => child.once("close", (_code, signal) => resolve(signal)));
  const acknowledged = new Map<string, Acknowledged>();
  let seen = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    const [writer, number, revision] = line.split(" ");
    if (revision !== undefined) acknowledged.set(writer, { number: Number(number), revision: BigInt(revision) });
    if (seen++ === lines) child.kill("SIGKILL");
  }
  expect(await exited).toBe("SIGKILL");
  return acknowledged;
}

describe("EmbeddedMetaStore, killed", () => {
  it("M1, M2, M3: keeps what it acknowledged, and no half transaction", async () => {
    const folder = await folders.create();
    let last = 0n;
    for (let seed = 0; seed < 20; seed++) {
      const acknowledged = await writeUntilKilled(folder, seed, (seed * 37) % 200);
      await using store = await EmbeddedMetaStore.open({ path: folder }); // The dead owner does not hold it.
      for (const [writer, { number, revision }] of acknowledged) {
        const left = await store.get(`run-${seed}/writer-${writer}/left`);
        const right = await store.get(`run-${seed}/writer-${writer}/right`);
        expect(Number(left?.value)).toBeGreaterThanOrEqual(number);
        expect(Number.parseInt(right!.value, 10)).toBe(-Number(left!.value));
        expect(left!.revision).toBe(right!.revision);
        expect(left!.revision).toBeGreaterThanOrEqual(revision);
        expect(revision).toBeGreaterThan(last); // Revisions never start again.
      }
      last = (await store.commit({ guards: [], writes: [{ key: "after", value: `${seed}` }] }))!;
    }
  });
});
