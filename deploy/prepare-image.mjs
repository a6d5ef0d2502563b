// node deploy/prepare-image.mjs FOLDER
//
// What an image of Sluice holds: the built code of every package that the program needs, and production dependencies. Run
// it in a built checkout (`npm run build`).
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const target = resolve(process.argv[2] ?? "");
if (process.argv[2] === undefined) throw new Error("usage: prepare-image.mjs FOLDER");
if (!existsSync(join(root, "services/cli/dist/main.js"))) throw new Error("not built: run `npm run build` first");

rmSync(target, { recursive: true, force: true });
for (const manifest of globSync("{libs,services}/*/package.json", { cwd: root })) {
  const folder = dirname(manifest);
  mkdirSync(join(target, folder), { recursive: true });
  writeFileSync(join(target, manifest), readFileSync(join(root, manifest)));
  cpSync(join(root, folder, "dist"), join(target, folder, "dist"), {
    recursive: true,
    // Maps and declarations are for developers.
    filter: (path) => !/\.(map|d\.ts|tsbuildinfo)$/.test(path) && !/[\\/]testing([\\/]|$)/.test(path),
  });
}
for (const file of ["package.json", "pnpm-lock.yaml", "pnpm-workspace.yaml", "LICENSE"])
  if (existsSync(join(root, file))) cpSync(join(root, file), join(target, file));
// The workspace names the folder of tests, which stays behind.
const workspace = readFileSync(join(target, "pnpm-workspace.yaml"), "utf8");
writeFileSync(join(target, "pnpm-workspace.yaml"), workspace.replace(/, test\]/, "]"));
const pnpm = /pnpm@[\d.]+/.exec(readFileSync(join(root, "scripts/setup.mjs"), "utf8"))?.[0];
if (!pnpm) throw new Error("scripts/setup.mjs names no version of pnpm");
const install = ["--yes", pnpm, "install", "--prod", "--no-frozen-lockfile", "--prefer-offline", "--ignore-scripts"];
execFileSync("npx", install, { cwd: target, stdio: ["ignore", "inherit", "inherit"] });
