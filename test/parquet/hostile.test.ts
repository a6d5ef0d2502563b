import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "@jest/globals";
import { TemporaryFolders } from "../support/index.ts";
import { hostileFiles } from "./hostile-files.ts";

// Whatever a Parquet file claims or holds, in both uses: it is read or refused by name, soon and in bounded memory. The files
// are read in a process of its own, whose peak is that of the reading alone.

/** Above an idle process, which has room for a log. */
const maxPeakMiB = 100;
const maxMs = 5000; // Less than a second on an idle machine.

interface Outcome {
  readonly use: string;
  readonly name: string;
  readonly rows?: number;
  readonly code?: string;
  readonly reason?: string;
  readonly ms: number;
  readonly peakMiB: number;
}

const folders = new TemporaryFolders();
afterAll(() => folders[Symbol.asyncDispose]());

async function readAll(): Promise<Outcome[]> {
  const folder = await folders.create();
  for (const [name, bytes] of Object.entries(hostileFiles)) writeFileSync(join(folder, name), bytes);
  const program = join(import.meta.dirname, "hostile-program.ts");
  const flags = ["--conditions=source", "--expose-gc", "--disable-warning=ExperimentalWarning"];
  const env = { ...process.env, NODE_OPTIONS: "" };
  const lines = execFileSync(process.execPath, [...flags, program, folder], { env, encoding: "utf8" });
  return lines
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("hostile files end soon, in bounded memory, with a reason", async () => {
  const outcomes = await readAll();
  expect(outcomes).toHaveLength(2 * Object.keys(hostileFiles).length);
  expect(outcomes.filter(({ peakMiB }) => peakMiB > maxPeakMiB)).toEqual([]);
  expect(outcomes.filter(({ ms }) => ms > maxMs)).toEqual([]);
  const readable = outcomes.filter(({ rows }) => rows !== undefined);
  expect(readable.map(({ use, name, rows }) => [use, name, rows])).toEqual([
    ["import", "a file like others", 250],
    ["binlog", "a file like others", 250],
  ]);
  const tooLarge = outcomes.filter(({ name }) =>
    /claims \d|claims two|holds a gigabyte$|metadata|schema|row groups/.test(name),
  );
  expect(tooLarge.map(({ reason }) => reason)).toEqual(
    tooLarge.map(() => expect.stringMatching(/too large: limit \d+/)),
  );
});
