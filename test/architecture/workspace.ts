import { globSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";

// The packages of the repository as the rules see them: read from text, without a compiler. Sources are formatted by one
// program, so that a declaration begins at the start of a line and a list of names holds no quotes.

/** The checkout; paths of files below are relative to it. */
export const root = resolve(import.meta.dirname, "../..");

/** One import, of a value or of a type alone. `specifier` is as the file has it. */
export interface Import {
  readonly file: string;
  readonly specifier: string;
}

/** A package of the workspace by its package.json and its sources. */
export interface Package {
  readonly name: string;
  readonly folder: string;
  readonly isService: boolean;
  readonly declared: readonly string[];
  /** Sources of the entries that others may import, by specifier: `@sluice/metastore/etcd`. */
  readonly entries: ReadonlyMap<string, string>;
  readonly imports: readonly Import[];
}

/** All libraries and services, by their folders. */
export const packages = globSync("{libs,services}/*/package.json", { cwd: root }).sort().map(readPackage);

function readPackage(manifestPath: string): Package {
  const folder = join(root, manifestPath, "..");
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const exported = Object.entries<{ readonly source: string }>(manifest.exports ?? {});
  return {
    name: manifest.name.replace("@sluice/", ""),
    folder,
    isService: manifestPath.startsWith("services"),
    declared: Object.keys(manifest.dependencies ?? {}),
    entries: new Map(exported.map(([entry, { source }]) => [join(manifest.name, entry), join(folder, source)])),
    imports: sourcesOf(folder).flatMap(importsOf),
  };
}

/** Written sources of a package, without generated ones. */
export function sourcesOf(folder: string): string[] {
  const files = globSync("src/**/*.ts", { cwd: folder }).filter((file) => !file.includes(`${sep}gen${sep}`));
  return files.map((file) => join(folder, file));
}

/** Specifiers of static and dynamic imports and re-exports, type imports too. Comments and strings never look like these. */
export function importsOf(file: string): Import[] {
  const source = readFileSync(file, "utf8");
  const statements = /^(?:import|export)\b[^;"'`]*?\bfrom\s+"([^"]+)"|^import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  return [...source.matchAll(statements)].map((match) => ({ file, specifier: match[1] ?? match[2] ?? match[3] }));
}

/** `import("@sluice/x")` → `x`. */
export const packageOf = (specifier: string) => /^@sluice\/([^/]+)/.exec(specifier)?.[1];

/** The package that a specifier of another one means: `@grpc/grpc-js/build/x` → `@grpc/grpc-js`. */
export function dependencyOf(specifier: string): string {
  const parts = specifier.split("/");
  return specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
}

/** `path: specifier` of the imports that a rule forbids; the expected value of every rule is an empty list. */
export function offenders(imports: readonly Import[], isForbidden: (found: Import) => boolean): string[] {
  return imports.filter(isForbidden).map(({ file, specifier }) => `${relative(root, file)}: ${specifier}`);
}
