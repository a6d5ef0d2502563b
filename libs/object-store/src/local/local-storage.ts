import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { SettingsDefinition } from "@sluice/config";
import { defineStorage } from "../storage.ts";
import { LocalObjectStore, type LocalObjectStoreOptions } from "./local-object-store.ts";
import { LocalSource, type LocalSourceOptions } from "./local-source.ts";

const sourceSettings = {
  importRoot: {
    type: "list",
    placeholder: "folder",
    description: "folder that files may be imported from besides S3, the same on every machine; may be repeated",
  },
} as const satisfies SettingsDefinition;

/** Folders of the machine, or of a file system that machines share. */
export const localStorage = defineStorage({
  kind: "local",
  settings: { objects: {}, sources: sourceSettings },
  chosenBy: "dataDir",
  schemes: {},
  objectsOf: async ({ dataDir }) =>
    typeof dataDir === "string"
      ? { storage: { kind: "local", options: { root: join(dataDir, "storage") } }, secrets: {} }
      : undefined,
  defaultSourcesOf: async ({ importRoot }) => {
    const roots = (importRoot as readonly string[] | undefined) ?? [];
    return roots.length === 0
      ? []
      : [{ name: "import-root", storage: { kind: "local", options: { roots } }, secrets: {} }];
  },
  exportRootOf: async ({ name, url, values: { dataDir } }) => {
    if (url.protocol !== "file:") return undefined;
    const root = fileURLToPath(url);
    const segments = typeof dataDir === "string" ? join(resolve(dataDir), "storage") : undefined;
    if (segments !== undefined && (isBelow(root, segments) || isBelow(segments, root)))
      throw new Error(`export root "${name}": segments lie in ${segments}; give a folder beside it`);
    return { storage: { kind: "local", options: { root } }, secrets: {} };
  },
  openObjects: (options: LocalObjectStoreOptions) => LocalObjectStore.open(options),
  openSource: (options: LocalSourceOptions) => LocalSource.open(options),
});

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || !(way === ".." || way.startsWith("../"));
}
