// node deploy/pack-wheel.mjs FOLDER
//
// The Python package `sluice-import` as a wheel in FOLDER, with the packed command in it: who installs it needs Node beside it, and
// nothing else of Sluice. Run it in a built checkout, with `python3` and its pip on the PATH; PYTHON names another interpreter.
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
if (process.argv[2] === undefined) throw new Error("usage: pack-wheel.mjs FOLDER");
const folder = mkdtempSync(join(tmpdir(), "sluice-wheel-"));
const run = (program, ...args) => execFileSync(program, args, { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });

try {
  const isSource = (path) => !/(__pycache__|\.egg-info|build)$/.test(path);
  cpSync(join(root, "services/cli/python"), folder, { recursive: true, filter: isSource });
  run(process.execPath, join(root, "deploy/pack-command.mjs"), join(folder, "sluice_import/command"));
  const target = resolve(process.argv[2]);
  run(process.env.PYTHON ?? "python3", "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", target, ".");
} finally {
  rmSync(folder, { recursive: true });
}
