import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { loadSettings } from "@sluice/config";
import { parse } from "yaml";
import { findProgram } from "../support/find-program.ts";
import { describeWith } from "../support/needs.ts";
import {
  chart,
  givenSecret,
  helm,
  type Manifest,
  manifestsOf,
  podsOf,
  render,
  run,
  servicesOf,
  valueFiles,
} from "./chart-rendering.ts";
import { roleSettings, settingKeys } from "./chart-settings.ts";

const suite = describeWith("helm", "kubernetes-validate");
const roles = Object.keys(roleSettings);

suite("the chart", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-chart-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  describe.each(valueFiles)("with %s", (file) => {
    let text: string;
    let manifests: Manifest[];
    let services: Map<string, Manifest>;

    beforeAll(async () => {
      text = await render("--values", join(chart, file));
      manifests = manifestsOf(text);
      services = servicesOf(manifests);
    });

    const settingsOf = (role: string): string =>
      manifests.find(({ metadata }) => metadata.name.endsWith("-settings"))?.data[`${role}.yaml`];

    it("is clean for helm lint", async () => {
      const { stdout } = await helm("lint", chart, "--strict", "--values", join(chart, file));
      expect(stdout).toContain("0 chart(s) failed");
    });

    it("is valid for Kubernetes", async () => {
      const path = join(folder, basename(file));
      await writeFile(path, text);
      await run(findProgram("kubernetes-validate") as string, ["-k", "1.34", "--strict", "--quiet", path]);
    });

    it("is the same at every render", async () => {
      expect(await render("--values", join(chart, file))).toBe(text);
    });

    it("has every service, each with its role, and everything in its namespace", () => {
      expect([...services.keys()].sort()).toEqual([...roles].sort());
      expect(manifests.filter(({ metadata }) => metadata.namespace !== "vectors")).toEqual([]);
    });

    it("gives containers no rights that they do not need", () => {
      for (const pod of podsOf(manifests)) {
        expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
        expect(pod.securityContext.runAsUser).toBe(/openshift/.test(file) ? undefined : 10001);
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
      for (const { spec } of services.values()) {
        const [container] = spec.template.spec.containers;
        for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
          expect(container[probe].httpGet.port).toBe("health");
        expect(container.resources.requests).toBeDefined();
      }
      const drain = Number.parseInt(parse(settingsOf("datanode"))["drain-limit"], 10);
      expect(services.get("datanode")?.spec.template.spec.terminationGracePeriodSeconds).toBeGreaterThan(drain);
    });

    it.each(roles)("starts a %s with settings that the program takes", async (role) => {
      const path = join(folder, `${role}.yaml`);
      await writeFile(path, settingsOf(role));
      const container = services.get(role)?.spec.template.spec.containers[0];
      // biome-ignore lint/suspicious/noExplicitAny: entries of a container's environment
      const env = Object.fromEntries(container.env.map(({ name, value }: any) => [name, value ?? "from-a-secret"]));
      const input = { flags: { config: path }, env, otherKeys: settingKeys };
      const { values } = loadSettings(roleSettings[role], input);
      expect(values.etcd).not.toEqual([]);
      for (const [key, given] of Object.entries(values))
        if (/Ca$|Cert$|Key$/.test(key) && String(given).startsWith("/")) {
          // biome-ignore lint/suspicious/noExplicitAny: volume mounts of a container
          const mounts = container.volumeMounts.map((mount: any) => mount.mountPath);
          expect(mounts).toContain(String(given).replace(/\/[^/]*$/, ""));
        }
    });

    it("writes no secrets into settings", () => {
      for (const role of roles) {
        expect(settingsOf(role)).not.toMatch(/password|access-key|secret-key/);
        expect(settingsOf(role)).not.toMatch(/:\/\/[^/\s]*@/);
      }
    });

    it("scales datanodes by one thing, and then names no number of them", () => {
      const scalers = manifests.filter(({ kind }) => /ScaledObject|HorizontalPodAutoscaler/.test(kind));
      expect(scalers).toHaveLength(/autoscaling/.test(file) ? 1 : 0);
      expect(services.get("datanode")?.spec.replicas === undefined).toBe(scalers.length === 1);
    });

    it("is not open to the internet", () => {
      const types = manifests.filter(({ kind }) => kind === "Service").map(({ spec }) => spec.type ?? "ClusterIP");
      expect(new Set(types)).toEqual(new Set(["ClusterIP"]));
    });

    it("keeps names within what Kubernetes takes", async () => {
      const long = "a-release-with-a-name-that-is-as-long-as-helm-lets-it-be";
      const options = ["--kube-version", "1.34.0", "--values", join(chart, file), ...givenSecret];
      const { stdout } = await helm("template", long.slice(0, 53), chart, ...options);
      for (const { metadata } of manifestsOf(stdout)) expect(metadata.name.length).toBeLessThanOrEqual(63);
    });
  });
});
