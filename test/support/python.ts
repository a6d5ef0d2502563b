import { existsSync } from "node:fs";
import { join } from "node:path";
import { it } from "@jest/globals";
import { pythonOf } from "./program.ts";

const isRequired = process.env.CI === "true" || process.env.CI === "1";

/**
 * `it`, when the environment is there. Otherwise the test is skipped with a line on standard error; in CI it fails,
 * so that nothing is skipped there unseen.
 */
export function itWithPython(environment: string, group: string): typeof it | typeof it.skip {
  if (isRequired || existsSync(join(pythonOf(environment), "../../.installed"))) return it;
  process.stderr.write(`SKIPPED: ${environment} is not installed; run: test/servers.sh ${group}\n`);
  return it.skip;
}
