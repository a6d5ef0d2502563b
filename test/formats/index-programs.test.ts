import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect } from "@jest/globals";
import { formatNamed, groupFlatFiles } from "@sluice/formats";
import { readFiles, vectorSchema } from "../../libs/formats/test/arrays/array-files.ts";
import { itWith, pythonOf, runProgram } from "../support/index.ts";

// Programs build and save vectors here and now; an import gives what they themselves give back.

const folder = mkdtempSync(join(tmpdir(), "sluice-programs-"));
afterAll(() => rmSync(folder, { recursive: true }));
const script = join(import.meta.dirname, "index_programs.py");
const seeds = [1, 2, 3];

itWith("indexes")(
  "what faiss, voyager, usearch, h5py, safetensors and NumPy save is read as they have it",
  async () => {
    for (const seed of seeds) {
      const { exitCode, output } = await runProgram(pythonOf("indexes"), [script, folder, `${seed}`], 60_000);
      expect({ exitCode, output: exitCode === 0 ? "" : output }).toEqual({ exitCode: 0, output: "" });
      const { dim, files } = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
      for (const [name, rows] of Object.entries<Record<string, number[]>>(files)) await expectRows(name, dim, rows);
    }
  },
  120_000,
);

async function expectRows(name: string, dim: number, expected: Record<string, number[]>): Promise<void> {
  const [{ format }] = groupFlatFiles([name]);
  const bytes = new Uint8Array(readFileSync(join(folder, name)));
  const options = { allow_lossy: "true" };
  const { rows } = await readFiles(formatNamed(format), { [name]: bytes }, { schema: vectorSchema(dim), options });
  const found = Object.fromEntries(rows.map(({ id, vector }) => [`${id}`, vector as number[]]));
  expect([name, rows.length, Object.keys(found).sort()]).toEqual([
    name,
    Object.keys(expected).length,
    Object.keys(expected).sort(),
  ]);
  // Programs that normalise do it anew when they are asked.
  const far = Object.entries(expected).filter(([id, vector]) =>
    vector.some((value, i) => Math.abs(value - found[id][i]) > 1e-6 * Math.max(1, Math.abs(value))),
  );
  expect([name, far]).toEqual([name, []]);
}
