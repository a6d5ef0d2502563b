import { execFile } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { settingsOf } from "@sluice/cluster";
import { kebabName } from "@sluice/config";
import { roles } from "@sluice/standalone";
import { parse, parseAllDocuments } from "yaml";
import { findProgram, hasPrograms } from "../support/servers.ts";

const clusterSettingKeys = roles.flatMap((role) => Object.keys(settingsOf(role)).map(kebabName));
const root = resolve(import.meta.dirname, "../..");
const chart = join(root, "helm/sluice");
const run = promisify(execFile);

interface Manifest {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  // biome-ignore lint/suspicious/noExplicitAny: documents of many kinds, looked into by the tests below
  readonly [key: string]: any;
}

const helm = (...args: string[]) => run(findProgram("helm") as string, args, { cwd: root });

async function render(...args: string[]): Promise<string> {
  const { stdout } = await helm(
    "template",
    "try",
    chart,
    "--namespace",
    "vectors",
    "--kube-version",
    "1.34.0",
    ...args,
  );
  return stdout;
}

const manifestsOf = (text: string) =>
  parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest)
    .filter(Boolean);

const suite = hasPrograms("helm", "kubernetes-validate") ? describe : describe.skip;
const valueFiles = globSync("ci/*.yaml", { cwd: chart }).sort();

suite("the chart", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-chart-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe.each(valueFiles)("with %s", (file) => {
    let text: string;
    let manifests: Manifest[];
    const deployments = () =>
      manifests.filter(({ kind, metadata }) => kind === "Deployment" && !/-(redis)$/.test(metadata.name));

    beforeAll(async () => {
      text = await render("--values", join(chart, file));
      manifests = manifestsOf(text);
    });

    it("is clean for helm lint", async () => {
      const { stdout } = await helm("lint", chart, "--strict", "--values", join(chart, file));
      expect(stdout).toContain("0 chart(s) failed");
    });

    it("is valid for Kubernetes", async () => {
      const path = join(folder, basename(file));
      await writeFile(path, text);
      await run(findProgram("kubernetes-validate") as string, ["-k", "1.34", "--strict", "--quiet", path]);
    });

    it("has every service, each with its role", () => {
      const roles = deployments().map(({ spec }) => spec.template.spec.containers[0].args[0]);
      expect(roles.sort()).toEqual(["datacoord", "datanode", "proxy", "querynode", "rootcoord"]);
    });

    it("gives containers no rights that they do not need", () => {
      for (const { kind, spec } of manifests) {
        const pod = kind === "Deployment" || kind === "StatefulSet" ? spec.template.spec : undefined;
        if (!pod) continue;
        expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
        expect(pod.automountServiceAccountToken).toBe(false);
        expect(pod.enableServiceLinks).toBe(false); // SLUICE_PORT of a Service that is called sluice
        for (const container of pod.containers)
          expect(container.securityContext).toEqual({
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          });
      }
    });

    it("probes every service, and lets datanodes drain", () => {
      for (const { spec } of deployments()) {
        const [container] = spec.template.spec.containers;
        for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
          expect(container[probe].httpGet.port).toBe("health");
        expect(container.resources.requests).toBeDefined();
      }
      const node = deployments().find(({ metadata }) => metadata.name.endsWith("-datanode"));
      const settings = parse(settingsText());
      expect(node?.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(
        Number.parseInt(settings["drain-limit"], 10),
      );
    });

    const settingsText = () => manifests.find(({ kind }) => kind === "ConfigMap")?.data["settings.yaml"] as string;

    it("writes settings that the services know, and no secrets", () => {
      const keys = Object.keys(parse(settingsText()));
      expect(keys.filter((key) => !clusterSettingKeys.includes(key))).toEqual([]);
      expect(keys.filter((key) => /password|access-key|secret-key/.test(key))).toEqual([]);
      expect(settingsText()).not.toMatch(/:\/\/[^/\s]*@/);
    });

    it("scales datanodes by one thing, and then names no number of them", () => {
      const scalers = manifests.filter(({ kind }) => /ScaledObject|HorizontalPodAutoscaler/.test(kind));
      const node = deployments().find(({ metadata }) => metadata.name.endsWith("-datanode"));
      expect(scalers).toHaveLength(/autoscaling/.test(file) ? 1 : 0);
      expect(node?.spec.replicas === undefined).toBe(scalers.length === 1);
    });

    it("keeps names within what Kubernetes takes", async () => {
      const long = "a-release-with-a-name-that-is-as-long-as-helm-lets-it-be";
      const options = ["--kube-version", "1.34.0", "--values", join(chart, file)];
      const { stdout } = await helm("template", long.slice(0, 53), chart, ...options);
      for (const { metadata } of manifestsOf(stdout)) expect(metadata.name.length).toBeLessThanOrEqual(63);
    });
  });

  const base = ["--values", join(chart, "ci/autoscaling-hpa.yaml")];

  it.each([
    ["an unknown key", ["--set", "datanode.replica=3"], /datanode/],
    ["a wrong type", ["--set", "proxy.replicas=many"], /replicas/],
    ["two scalers, by a kind that is none", ["--set", "datanode.autoscaling.kind=both"], /kind/],
    ["an autoscaler of pods that goes to zero", ["--set", "datanode.autoscaling.minReplicas=0"], /minReplicas/],
    ["a password among the settings", ["--set", "settings.etcd-password=x"], /settings/],
    ["a password in the URL of Redis", ["--set", "redis.url=redis://:x@redis:6379"], /url/],
    ["no etcd", ["--set", "etcd.endpoints=null"], /etcd/],
    ["no S3", ["--set", "s3.endpoint="], /s3/],
  ])("refuses %s", async (_, args, reason) => {
    const error = await render(...base, ...args).then(
      () => undefined,
      (thrown) => thrown,
    );
    expect(error?.stderr).toMatch(reason);
  });
});

it("the compose file gives every service settings that it knows", () => {
  const compose = parse(readFileSync(join(root, "deploy/compose.yaml"), "utf8"), { merge: true });
  const settings = parse(readFileSync(join(root, "deploy/settings.yaml"), "utf8"));
  expect(Object.keys(settings).filter((key) => !clusterSettingKeys.includes(key))).toEqual([]);
  for (const role of ["proxy", "rootcoord", "datacoord", "datanode", "querynode"])
    expect(compose.services[role]).toMatchObject({ command: [role], read_only: true });
});
