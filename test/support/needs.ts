import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "@jest/globals";
import { findProgram } from "./find-program.ts";
import { pythonOf, runProgram } from "./program.ts";

/** What tests talk to besides Sluice, and the group of `test/servers.sh` that installs it; curl is the system's. */
const groups = {
  etcd: "core",
  etcdctl: "core",
  "redis-server": "core",
  "redis-cli": "core",
  weed: "s3",
  curl: "curl",
  helm: "helm",
  "milvus-go-client": "goclient",
  "kubernetes-validate": "kube",
  prometheus: "prometheus",
  promtool: "prometheus",
  buildah: "image",
  "pymilvus-2.2.17": "pymilvus",
  "pymilvus-2.4.15": "pymilvus",
  "pymilvus-2.6.0": "pymilvus",
  "pymilvus-2.6.2": "pymilvus",
  "pymilvus-2.6.17": "pymilvus",
  "pymilvus-3.0.1": "pymilvus",
  "milvus-2.3.5": "milvus",
  indexes: "indexes",
  stores: "stores",
  chromium: "browser",
  zsh: "shells",
  fish: "shells",
} as const;

/** Groups that are Python environments. */
const environments: ReadonlySet<string> = new Set(["pymilvus", "milvus", "indexes", "stores"]);

/** A program, or a Python environment by what it holds. */
export type Need = keyof typeof groups;

/** Each missing thing is said once by a process. */
const said = new Set<string>();

/**
 * Whether everything is installed. Otherwise one line on standard error says what is missing and how to get it, and whoever
 * asked skips; with CI=true that is an error: nothing is skipped there unseen.
 */
export function hasAll(...needs: readonly Need[]): boolean {
  const missing = needs.filter((need) => !isInstalled(need));
  if (missing.length === 0) return true;
  const wanted = [...new Set(missing.map((need) => groups[need]))].join(" ");
  const remedy = wanted === "curl" ? "install it" : `test/servers.sh ${wanted}`;
  return skips(`needs ${missing.join(", ")}, not installed here: ${remedy}`);
}

/** Says, once a process, why something is skipped; false. @throws Error in CI */
export function skips(reason: string): false {
  if (process.env.CI === "true") throw new Error(reason);
  if (!said.has(reason)) process.stderr.write(`SKIPPED: ${reason}\n`);
  said.add(reason);
  return false;
}

/** `describe` of a suite that talks to these. */
export function describeWith(...needs: readonly Need[]): typeof describe | typeof describe.skip {
  return hasAll(...needs) ? describe : describe.skip;
}

/** `it` of a test that talks to these. */
export function itWith(...needs: readonly Need[]): typeof it | typeof it.skip {
  return hasAll(...needs) ? it : it.skip;
}

/** Whether packages can be installed by npm; in CI they must be. */
export async function isNpmReached(): Promise<boolean> {
  if (process.env.CI === "true") return true;
  const { exitCode } = await runProgram("npm", ["view", "lmdb", "version", "--fetch-retries=0"], 10_000);
  return exitCode === 0 || skips("needs the registry of npm, which is not reached");
}

function isInstalled(need: Need): boolean {
  if (environments.has(groups[need])) return existsSync(join(pythonOf(need), "../../.installed"));
  return findProgram(need) !== undefined;
}
