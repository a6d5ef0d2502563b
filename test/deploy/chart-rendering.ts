import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { findProgram } from "../support/find-program.ts";

/** Throws for an exit code other than 0, with what was printed. */
export const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
/** Folder of the chart. */
export const chart = join(root, "helm/sluice");
/** Complete examples of values, which the tests render. */
export const valueFiles = globSync("ci/*.yaml", { cwd: chart }).sort();

/** One document that the chart renders. */
export interface Manifest {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: documents of many kinds, looked into by the tests
  readonly [key: string]: any;
}

/** Runs helm in the checkout. @throws for an exit code other than 0 */
export const helm = (...args: string[]) => run(findProgram("helm") as string, args, { cwd: root, maxBuffer: 1 << 24 });

/** Without a cluster there is nowhere to keep a secret that the chart makes. */
export const givenSecret = ["--set", "internal.existingSecret=sluice-internal"];

/** What `helm template` gives for a release `try` in the namespace `vectors`. @throws what helm refuses, with its `stderr` */
export async function render(...args: string[]): Promise<string> {
  const release = ["try", chart, "--namespace", "vectors", "--kube-version", "1.34.0", ...givenSecret];
  return (await helm("template", ...release, ...args)).stdout;
}

/** The documents of what was rendered. @throws {Error} for YAML with faults, duplicate keys among them */
export function manifestsOf(text: string): Manifest[] {
  return parseAllDocuments(text).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0];
    const manifest = document.toJS() as Manifest | null;
    return manifest ? [manifest] : [];
  });
}

/** What helm says when it refuses; undefined when it does not. */
export async function refusal(...args: string[]): Promise<string | undefined> {
  return render(...args).then(
    () => undefined,
    (error) => error.stderr as string,
  );
}

/** The Deployments of Sluice's services, by role. */
export function servicesOf(manifests: readonly Manifest[]): Map<string, Manifest> {
  const deployments = manifests.filter(({ kind, metadata }) => kind === "Deployment" && !/-redis$/.test(metadata.name));
  return new Map(deployments.map((found) => [found.spec.template.spec.containers[0].args[0], found]));
}

/** The spec of every pod that the manifests make. */
export function podsOf(manifests: readonly Manifest[]) {
  return manifests.flatMap(({ kind, spec }) =>
    kind === "Pod" ? [spec] : kind === "Deployment" || kind === "StatefulSet" ? [spec.template.spec] : [],
  );
}
