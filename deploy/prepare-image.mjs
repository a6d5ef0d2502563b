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
const pnpm = /pnpm@[\d.]+/.exec(readFileSync(join(root, "scripts/setup.mjs"), "utf8"))?.[0];
if (!pnpm) throw new Error("scripts/setup.mjs names no version of pnpm");
// What the lockfile says and nothing else; that it knows tests as well, whose folder stays behind, is no difference to it.
const install = ["--yes", pnpm, "install", "--prod", "--frozen-lockfile", "--prefer-offline", "--ignore-scripts"];
execFileSync("npx", install, { cwd: target, stdio: ["ignore", "inherit", "inherit"] });

// A third of what packages bring is for those who read or compile against them.
for (const file of globSync("node_modules/.pnpm/**/*.{map,d.ts,d.mts,d.cts}", { cwd: target }))
  rmSync(join(target, file), { force: true, recursive: true });
