// node deploy/pack-command.mjs FOLDER
//
// The command `sluice` as one npm package, `sluice-command-VERSION.tgz` in FOLDER: the program and all that it is made of in few
// files, so that it is installed by npm in seconds and holds no developer tools. Native code alone stays a dependency, for npm knows
// which platform it is for. Run it in a built checkout (`npm run build`).
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "esbuild";

const root = resolve(import.meta.dirname, "..");
if (process.argv[2] === undefined) throw new Error("usage: pack-command.mjs FOLDER");
if (!existsSync(join(root, "services/cli/dist/main.js"))) throw new Error("not built: run `npm run build` first");
const target = resolve(process.argv[2]);
mkdirSync(target, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "sluice-pack-"));

/** Threads are started from files that lie beside who starts them: all files are in one folder, under the names they have. */
const entryPoints = {
  sluice: "services/cli/dist/main.js",
  allocator: "services/cli/dist/allocator.js",
  "io-threads": "services/cli/dist/io-threads.js",
  main: "services/datanode/dist/thread/main.js",
  "score-thread": "services/querynode/dist/search/score-thread.js",
};
const natives = {
  lmdb: manifestOf("libs/metastore").dependencies.lmdb,
  "@node-rs/jieba": manifestOf("libs/functions").dependencies["@node-rs/jieba"],
};

/**
 * What older packages ask of the module system at run time. Those of gRPC read their protos from `../../proto` of where they lie, and
 * the client of etcd from `../proto`; `folders` are copied to where that leads.
 */
const asModule = `
import { createRequire as requireOfSluice } from "node:module";
const require = requireOfSluice(import.meta.url), __dirname = import.meta.dirname + "/lib";`;
/** What is read while the program runs, and where in the package it is looked for. */
const folders = [
  ["libs/rpc/node_modules/@grpc/grpc-js/proto", "proto"],
  ["libs/rpc/node_modules/@grpc/reflection/build/proto/grpc", "proto/grpc"],
  ["libs/rpc/node_modules/grpc-health-check/proto", "proto"],
  ["libs/metastore/node_modules/etcd3/proto", "dist/proto"],
  ["libs/console/dist/page", "dist/page"],
];

try {
  const { metafile } = await build({
    entryPoints: Object.fromEntries(Object.entries(entryPoints).map(([name, path]) => [name, join(root, path)])),
    ...{ bundle: true, splitting: true, format: "esm", platform: "node", target: "node24" },
    ...{ outdir: join(folder, "dist"), entryNames: "[name]", chunkNames: "part-[hash]" },
    ...{ external: Object.keys(natives), keepNames: true, legalComments: "none", metafile: true, logLevel: "error" },
    banner: { js: asModule },
  });
  for (const [from, to] of folders) cpSync(join(root, from), join(folder, to), { recursive: true, dereference: true });
  // Found beside the code, as `@sluice/console` says it.
  cpSync(join(root, "libs/console/dist/page"), join(folder, "dist/page"), { recursive: true });
  writePackage();
  writeFileSync(join(folder, "THIRD-PARTY.txt"), licencesOf(Object.keys(metafile.inputs)));
  execFileSync("npm", ["pack", "--silent", "--pack-destination", target], { cwd: folder, stdio: "inherit" });
} finally {
  rmSync(folder, { recursive: true });
}

function manifestOf(path) {
  return JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
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
