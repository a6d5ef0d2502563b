import { existsSync, globSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "@jest/globals";

const root = resolve(import.meta.dirname, "../..");

/**
 * The libs that each package may import, besides `errors` and `telemetry`, which are open to all but themselves. Imports
 * point down: a package may only name packages above it in this list, so there is no cycle.
 */
const allowed: Readonly<Record<string, string>> = {
  errors: "",
  telemetry: "",
  config: "",
  async: "",
  schema: "",
  kernels: "",
  values: "schema",
  columns: "schema values",
  jobs: "schema",
  rpc: "schema values jobs async",
  "object-store": "async",
  metastore: "async",
  "task-queue": "schema async",
  catalog: "schema jobs metastore",
  parquet: "",
  formats: "schema values columns object-store async kernels parquet",
  binlog: "schema columns parquet",
  segment: "schema columns binlog object-store async",
  query: "schema values columns async",
  cluster: "rpc config schema metastore object-store task-queue async",
  proxy: "rpc config schema cluster",
  rootcoord: "cluster rpc config schema values metastore catalog jobs object-store formats async",
  datacoord: "cluster rpc config schema metastore catalog jobs task-queue object-store segment async",
  datanode: "cluster rpc config schema task-queue object-store async formats columns segment jobs",
  querynode: "cluster rpc config schema values columns object-store segment query async",
};
/** The composition roots: may import the services and every lib. */
const compositionRoots = ["standalone", "cli"];

interface Import {
  readonly file: string;
  readonly specifier: string;
}

interface Package {
  readonly name: string;
  readonly folder: string;
  readonly isService: boolean;
  readonly declared: readonly string[];
  readonly imports: readonly Import[];
}

const packages = globSync("{libs,services}/*/package.json", { cwd: root }).sort().map(readPackage);

function readPackage(manifestPath: string): Package {
  const folder = join(root, manifestPath, "..");
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const files = globSync("src/**/*.ts", { cwd: folder }).filter((file) => !file.includes(`${sep}gen${sep}`));
  return {
    name: manifest.name.replace("@sluice/", ""),
    folder,
    isService: manifestPath.startsWith("services"),
    declared: Object.keys(manifest.dependencies ?? {}),
    imports: files.flatMap((file) => importsOf(join(folder, file))),
  };
}

/** Specifiers of static and dynamic imports and re-exports, type imports too. Comments and strings never look like these. */
function importsOf(file: string): Import[] {
  const source = readFileSync(file, "utf8");
  const statements =
    /^\s*(?:import|export)\b[^;"'`]*?\bfrom\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\(\s*"([^"]+)"/gm;
  return [...source.matchAll(statements)].map((match) => ({ file, specifier: match[1] ?? match[2] ?? match[3] }));
}

const packageOf = (specifier: string) => /^@sluice\/([^/]+)/.exec(specifier)?.[1];
const libsOf = (name: string) => ["errors", "telemetry", ...allowed[name].split(" ").filter(Boolean)];

/** `path: specifier` of the imports that a rule forbids; the expected value of every rule is an empty list. */
function offenders(imports: readonly Import[], isForbidden: (found: Import) => boolean): string[] {
  return imports.filter(isForbidden).map(({ file, specifier }) => `${relative(root, file)}: ${specifier}`);
}

describe("imports", () => {
  it("are found at all", () => {
    expect(packages.length).toBeGreaterThan(20);
    const all = packages.flatMap((found) => found.imports);
    expect(all.filter(({ specifier }) => packageOf(specifier)).length).toBeGreaterThan(20);
  });

  it("every package is in the table or a composition root", () => {
    const names = packages.map(({ name }) => name).filter((name) => !compositionRoots.includes(name));
    expect(names.sort()).toEqual(Object.keys(allowed).sort());
  });

  it("the table points down only, so packages form no cycle", () => {
    const order = Object.keys(allowed);
    const upward = order.flatMap((name, position) =>
      allowed[name]
        .split(" ")
        .filter((lib) => lib !== "" && !(order.indexOf(lib) >= 0 && order.indexOf(lib) < position)),
    );
    expect(upward).toEqual([]);
  });

  describe.each(packages.map((found) => [found.name, found] as const))("%s", (name, found) => {
    it("declares what it imports", () => {
      const declares = (specifier: string) => {
        const parts = specifier.split("/");
        return found.declared.includes(specifier.startsWith("@") ? parts.slice(0, 2).join("/") : parts[0]);
      };
      const isForeign = ({ file, specifier }: Import) => {
        if (specifier.startsWith(".") || specifier.startsWith("node:")) return false;
        const isTestKit = relative(found.folder, file).startsWith(join("src", "testing"));
        if (isTestKit && (specifier === "@jest/globals" || specifier === "fast-check")) return false;
        return !declares(specifier);
      };
      expect(offenders(found.imports, isForeign)).toEqual([]);
    });

    it("stays inside its own sources with relative imports", () => {
      const src = join(found.folder, "src") + sep;
      const leaves = ({ file, specifier }: Import) =>
        specifier.startsWith(".") && !resolve(file, "..", specifier).startsWith(src);
      expect(offenders(found.imports, leaves)).toEqual([]);
    });

    it("names files with their suffix, so that they run without a build", () => {
      const misnamed = ({ specifier }: Import) => specifier.startsWith(".") && !specifier.endsWith(".ts");
      expect(offenders(found.imports, misnamed)).toEqual([]);
    });

    it("imports only packages that the map allows, and declares no others", () => {
      if (compositionRoots.includes(name)) return;
      const mayUse = (lib: string | undefined) => lib === undefined || libsOf(name).includes(lib);
      expect(offenders(found.imports, ({ specifier }) => !mayUse(packageOf(specifier)))).toEqual([]);
      expect(found.declared.filter((dependency) => !mayUse(packageOf(dependency)))).toEqual([]);
    });

    it("uses test kits of other packages nowhere in its own sources", () => {
      const isTestKit = ({ file, specifier }: Import) =>
        /^@sluice\/[^/]+\/testing$/.test(specifier) && !relative(found.folder, file).startsWith(join("src", "testing"));
      expect(offenders(found.imports, isTestKit)).toEqual([]);
    });

    it("has type-check references for what it declares", () => {
      const config = JSON.parse(readFileSync(join(found.folder, "tsconfig.json"), "utf8"));
      const referenced = (config.references ?? []).map(({ path }: { path: string }) => resolve(found.folder, path));
      const needed = found.declared.map(packageOf).filter((lib) => lib !== undefined);
      const missing = needed.filter((lib) => !referenced.some((path: string) => path.endsWith(`${sep}${lib}`)));
      expect(missing).toEqual([]);
    });
  });

  it("libs import no service, and services meet in protos only", () => {
    const services = packages.filter(({ isService }) => isService).map(({ name }) => name);
    const others = packages.filter(({ name }) => !compositionRoots.includes(name));
    const reaches = ({ specifier }: Import) => services.includes(packageOf(specifier) ?? "");
    const foreign = others.flatMap((found) =>
      offenders(found.imports, (one) => reaches(one) && packageOf(one.specifier) !== found.name),
    );
    expect(foreign).toEqual([]);
  });

  it("files of a package form no cycle of imports that run", () => {
    const cycles = packages.flatMap(({ imports }) => findCycles(runtimeGraph(imports)));
    expect(cycles).toEqual([]);
  });
});

/** Imports of types vanish when the code runs, so only the others can meet half-initialized modules. */
function runtimeGraph(imports: readonly Import[]): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const file of new Set(imports.map((found) => found.file))) {
    const source = readFileSync(file, "utf8").replace(/^(?:import|export) type [^;]*;/gm, "");
    const targets = [...source.matchAll(/^(?:import|export)\b[^;"]*?(?:from\s+)?"(\.[^"]+)"/gm)].map((match) =>
      resolve(file, "..", match[1]),
    );
    graph.set(file, targets.filter(existsSync));
  }
  return graph;
}

function findCycles(graph: Map<string, string[]>): string[] {
  const state = new Map<string, "open" | "done">();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      cycles.push([...path.slice(path.indexOf(file)), file].map((at) => relative(root, at)).join(" -> "));
      return;
    }
    state.set(file, "open");
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}
