import { readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { describe, expect, it } from "@jest/globals";
import { dependencyOf, type Import, offenders, type Package, packageOf, packages, root } from "./workspace.ts";

/**
 * The libs that each package may import, besides `errors` and `telemetry`, which are open to all but themselves. Imports
 * point down: a package may only name packages above it in this list, so there is no cycle.
 */
const allowed: Readonly<Record<string, string>> = {
  errors: "",
  telemetry: "",
  config: "",
  console: "",
  async: "",
  access: "",
  schema: "",
  kernels: "async",
  values: "schema",
  columns: "schema values kernels",
  functions: "schema columns kernels",
  jobs: "schema values",
  rpc: "schema values jobs async",
  "object-store": "async config",
  metastore: "async rpc",
  "task-queue": "schema async",
  catalog: "schema jobs metastore access",
  fields: "schema values columns rpc async",
  peer: "schema columns rpc fields object-store values",
  embedding: "schema columns async object-store",
  parquet: "kernels",
  sqlite: "",
  volumes: "",
  binlog: "schema columns async kernels parquet",
  formats: "schema values columns object-store async kernels parquet sqlite binlog",
  writers: "schema values columns parquet binlog",
  segment: "schema columns binlog object-store async kernels",
  query: "schema values columns async functions kernels",
  cluster: "rpc config schema metastore catalog object-store task-queue async",
  proxy:
    "rpc config schema values columns fields formats jobs cluster object-store async volumes access functions embedding console",
  rootcoord:
    "cluster rpc config schema values metastore catalog jobs object-store formats writers query async volumes access peer functions embedding",
  datacoord: "cluster rpc config schema metastore catalog jobs task-queue object-store columns fields segment async",
  datanode:
    "cluster rpc config schema task-queue object-store async formats writers columns segment query jobs peer functions embedding kernels",
  querynode: "cluster rpc config schema values columns fields object-store segment query async kernels functions",
};
/** The composition roots: may import the services and every lib. */
const compositionRoots = ["standalone", "cli"];

const libsOf = (name: string) => ["errors", "telemetry", ...allowed[name].split(" ").filter(Boolean)];

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
      const isForeign = ({ file, specifier }: Import) => {
        if (specifier.startsWith(".") || specifier.startsWith("node:")) return false;
        const isTestKit = relative(found.folder, file).startsWith(join("src", "testing"));
        if (isTestKit && (specifier === "@jest/globals" || specifier === "fast-check")) return false;
        return !found.declared.includes(dependencyOf(specifier));
      };
      expect(offenders(found.imports, isForeign)).toEqual([]);
    });

    it("imports what it declares", () => {
      const imported = new Set(found.imports.map(({ specifier }) => dependencyOf(specifier)));
      expect(found.declared.filter((dependency) => !imported.has(dependency))).toEqual([]);
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

  it("what the proxy does for a call knows of no transport", () => {
    const proxy = packages.filter(({ name }) => name === "proxy");
    const inside = /src\/(operations|rows|jobs|volumes)\/|src\/(call-)?context\.ts/;
    const isOfTransport = ({ file, specifier }: Import) =>
      inside.test(file) && /^fastify|^@grpc|\/(grpc|http)\//.test(specifier);
    expect(proxy.flatMap(({ imports }) => imports).filter(({ file }) => inside.test(file)).length).toBeGreaterThan(50);
    expect(proxy.flatMap((found) => offenders(found.imports, isOfTransport))).toEqual([]);
  });

  it("files of a package form no circle, not even of types", () => {
    expect(packages.flatMap((found) => findCircles(filesGraph(found)))).toEqual([]);
  });
});

/** Which files of a package each of them imports. */
function filesGraph({ imports }: Package): Map<string, string[]> {
  const graph = new Map<string, string[]>();
  for (const { file, specifier } of imports) {
    const targets = graph.get(file) ?? [];
    if (specifier.startsWith(".")) targets.push(resolve(file, "..", specifier));
    graph.set(file, targets);
  }
  return graph;
}

function findCircles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const state = new Map<string, "open" | "done">();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]) => {
    if (state.get(file) === "done") return;
    if (state.get(file) === "open") {
      circles.push([...path.slice(path.indexOf(file)), file].map((at) => relative(root, at)).join(" -> "));
      return;
    }
    state.set(file, "open");
    for (const target of graph.get(file) ?? []) visit(target, [...path, file]);
    state.set(file, "done");
  };
  for (const file of graph.keys()) visit(file, []);
  return circles;
}
