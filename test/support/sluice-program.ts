import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

// Before all tests the program is bundled from its sources, into few files as the packed command has: a process that loads them
// starts in half the time of one that loads the hundreds they are made of, and tests start thousands. What Node's compiler makes of
// them is kept beside them, as long as the tests run. CI, which runs jest several times side by side, bundles once for all of them.

const variable = "SLUICE_TEST_PROGRAM";
/** Whether the folder is that of this run alone. */
const owned = "SLUICE_TEST_PROGRAM_IS_OWN";

/** What `npm run build` makes: programs that measure are about it, and stand outside of jest. */
const built = join(import.meta.dirname, "../../services/cli/dist/main.js");

/** `node FILE ARGUMENTS` is the program `sluice`. */
export const sluiceProgram = (): string => (isTest() ? join(bundleFolder(), "dist/sluice.js") : built);

/** For `NODE_COMPILE_CACHE`; none outside of jest. */
export const compiledProgram = (): string | undefined => (isTest() ? join(bundleFolder(), "compiled") : undefined);

/** Of jest: called once, before the processes that run tests are started. */
export default async function bundle(): Promise<void> {
  if (process.env[variable] !== undefined) return;
  const folder = mkdtempSync(join(tmpdir(), "sluice-tests-"));
  Object.assign(process.env, { [variable]: folder, [owned]: "true" });
  const bundled = bundleInto(folder);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => endBy(signal, bundled));
  await bundled;
}

/** Bundles the program into a folder that `SLUICE_TEST_PROGRAM` is to name. */
export async function bundleInto(folder: string): Promise<void> {
  const { bundleProgram, manifestOf } = await import("../../deploy/bundle.ts");
  await bundleProgram(folder, { of: "src", nativesHere: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", version: manifestOf(".").version }));
}

/** At the end of all tests, by whoever has made it. */
export function removeBundle(): void {
  if (process.env[owned] === undefined) return;
  // Programs that are ending may still write into it.
  rmSync(bundleFolder(), { recursive: true, force: true, maxRetries: 3 });
}

/** Who is interrupted calls nothing of what is called after all tests. @param bundled what still writes, and would make the folder anew */
async function endBy(signal: NodeJS.Signals, bundled: Promise<unknown>): Promise<void> {
  await bundled.catch(() => {});
  removeBundle();
  process.kill(process.pid, signal);
}

function isTest(): boolean {
  return process.env.JEST_WORKER_ID !== undefined;
}

function bundleFolder(): string {
  const folder = process.env[variable];
  if (folder === undefined) throw new Error(`${variable} is not set: tests are run by \`npm test\``);
  return folder;
}
