// node deploy/pack-command.mjs FOLDER
//
// The command `sluice` as one npm package, `sluice-command-VERSION.tgz` in FOLDER: the program and all that it is made of in few
// files, so that it is installed by npm in seconds and holds no developer tools. Native code alone stays a dependency, for npm knows
// which platform it is for. Run it in a built checkout (`npm run build`).
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { bundleProgram, manifestOf, natives } from "./bundle.ts";

const root = resolve(import.meta.dirname, "..");
if (process.argv[2] === undefined) throw new Error("usage: pack-command.mjs FOLDER");
if (!existsSync(join(root, "services/cli/dist/main.js"))) throw new Error("not built: run `npm run build` first");
const target = resolve(process.argv[2]);
mkdirSync(target, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "sluice-pack-"));

try {
  const inputs = await bundleProgram(folder, { of: "dist" });
  writePackage();
  writeFileSync(join(folder, "THIRD-PARTY.txt"), licencesOf(inputs));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", target], { cwd: folder, stdio: "inherit" });
} finally {
  rmSync(folder, { recursive: true });
}

function writePackage() {
  const { version, license, engines } = manifestOf(".");
  const manifest = {
    ...{ name: "sluice-command", version, license, type: "module", bin: { sluice: "bin/sluice.mjs" } },
    description: "Sluice: bulk import for vector collections, compatible with Milvus",
    ...{
      engines: { node: engines.node },
      dependencies: natives,
      files: ["bin", "dist", "proto", "LICENSE", "README.md", "THIRD-PARTY.txt"],
    },
  };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
  mkdirSync(join(folder, "bin"));
  copyFileSync(join(root, "deploy/packed-bin.mjs"), join(folder, "bin/sluice.mjs"));
  chmodSync(join(folder, "bin/sluice.mjs"), 0o755);
  for (const file of ["LICENSE", "README.md"]) copyFileSync(join(root, file), join(folder, file));
}

/** What the packages that went in say of their use. @param {readonly string[]} inputs files, relative to where this runs */
function licencesOf(inputs) {
  const packages = new Map();
  for (const input of inputs) {
    const [, home] = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(resolve(input)) ?? [];
    if (home && existsSync(join(home, "package.json")))
      packages.set(home, JSON.parse(readFileSync(join(home, "package.json"), "utf8")));
  }
  return [...packages]
    .map(([home, { name, version, license }]) => `${name} ${version} (${license})\n\n${textOf(home)}`)
    .sort()
    .join(`\n${"-".repeat(80)}\n`);
}

function textOf(home) {
  const names = ["LICENSE", "LICENSE.md", "LICENSE.txt", "license", "LICENCE", "License"];
  const path = names.map((name) => join(home, name)).find(existsSync);
  return path ? readFileSync(path, "utf8") : "";
}
