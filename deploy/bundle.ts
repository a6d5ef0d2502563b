// The program `sluice` and all that it is made of in few files: what is packed for npm, and what tests start.
import { cpSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { build, type Plugin } from "esbuild";

const root = resolve(import.meta.dirname, "..");

/** Threads are started from files that lie beside who starts them: all files are in one folder, under the names they have. */
const entryPoints: Readonly<Record<string, string>> = {
  sluice: "services/cli/FROM/main",
  allocator: "services/cli/FROM/allocator",
  "io-threads": "services/cli/FROM/io-threads",
  main: "services/datanode/FROM/thread/main",
  "score-thread": "services/querynode/FROM/search/score-thread",
};

/** Packages with native code, by the one of ours that depends on them: they are not bundled. */
const nativeUsers: Readonly<Record<string, string>> = { lmdb: "libs/metastore", "@node-rs/jieba": "libs/functions" };

/**
 * What older packages ask of the module system at run time. Those of gRPC read their protos from `../../proto` of where they lie, and
 * the client of etcd from `../proto`; `folders` are copied to where that leads.
 */
const asModule = `
import { createRequire as requireOfSluice } from "node:module";
const require = requireOfSluice(import.meta.url), __dirname = import.meta.dirname + "/lib";`;
/** What is read while the program runs, and where in the package it is looked for. */
const folders: readonly (readonly [from: string, to: string])[] = [
  ["libs/rpc/node_modules/@grpc/grpc-js/proto", "proto"],
  ["libs/rpc/node_modules/@grpc/reflection/build/proto/grpc", "proto/grpc"],
  ["libs/metastore/node_modules/etcd3/proto", "dist/proto"],
  ["libs/console/dist/page", "dist/page"],
];

/** Native packages and their versions, for who installs the bundle. */
export const natives: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(nativeUsers).map(([name, user]) => [name, manifestOf(user).dependencies[name]]),
);

/** What is read of a package.json. */
export interface Manifest {
  readonly version: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
}

/** @param path of a package, from the root */
export function manifestOf(path: string): Manifest {
  return JSON.parse(readFileSync(join(root, path, "package.json"), "utf8"));
}

export interface BundleOptions {
  readonly of: "src" | "dist";
  /** Native packages are loaded from this checkout, so that the bundle runs without being installed. */
  readonly nativesHere?: boolean;
}

/**
 * Writes `dist/sluice.js` and what belongs to it into `folder`, whose package.json says that it is a module and which version it is.
 *
 * @returns files that went in
 */
export async function bundleProgram(folder: string, { of, nativesHere = false }: BundleOptions): Promise<string[]> {
  const extension = of === "src" ? "ts" : "js";
  const fileOf = (entry: string) => join(root, `${entry.replace("FROM", of)}.${extension}`);
  const { metafile } = await build({
    entryPoints: Object.fromEntries(Object.entries(entryPoints).map(([name, entry]) => [name, fileOf(entry)])),
    ...{ bundle: true, splitting: true, format: "esm", platform: "node", target: "node24" },
    ...{ outdir: join(folder, "dist"), entryNames: "[name]", chunkNames: "part-[hash]" },
    ...{ conditions: of === "src" ? ["module", "source"] : ["module"], plugins: [nativePackages(nativesHere)] },
    ...{ keepNames: true, legalComments: "none", metafile: true, logLevel: "error" },
    banner: { js: asModule },
  });
  for (const [from, to] of folders) cpSync(join(root, from), join(folder, to), { recursive: true, dereference: true });
  return Object.keys(metafile.inputs);
}

/** Native packages are left out, and loaded by their names or from where they lie in this checkout. */
function nativePackages(here: boolean): Plugin {
  const filter = new RegExp(`^(${Object.keys(nativeUsers).join("|")})$`);
  const placeOf = (name: string) => createRequire(join(root, nativeUsers[name], "package.json")).resolve(name);
  const resolved = ({ path }: { readonly path: string }) => ({ path: here ? placeOf(path) : path, external: true });
  return { name: "native-packages", setup: ({ onResolve }) => onResolve({ filter }, resolved) };
}
