import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "@jest/globals";
import { skips } from "../support/needs.ts";
import { runProgram } from "../support/program.ts";
import { ownBuild } from "./sluice.ts";

const LIMIT_MS = 120_000;
const canMeasure =
  (existsSync(join(ownBuild, "services/cli/dist/main.js")) || skips("needs a build: npm run build")) &&
  (process.platform === "linux" || skips("needs Linux, whose /proc tells CPU times"));

// In a process of its own: jest would slow the plain work down, which takes no part in the product.
(canMeasure ? it : it.skip)(
  "imports have not become slower beside plain work on the same bytes",
  async () => {
    const { exitCode, output } = await runProgram(process.execPath, [join(import.meta.dirname, "guard.ts")], LIMIT_MS);
    expect(output).not.toContain("TOO SLOW");
    expect({ exitCode, lines: output.match(/: ok$/gm)?.length }).toEqual({ exitCode: 0, lines: 3 });
  },
  LIMIT_MS + 10_000,
);
