import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { describeWith } from "../support/needs.ts";
import { chart, type Manifest, manifestsOf, podsOf, refusal, render, servicesOf } from "./chart-rendering.ts";
import { roleSettings, schemaFile, settingKeys, settingSchemas, settingsOfChart } from "./chart-settings.ts";

const base = ["--values", join(chart, "ci/autoscaling-hpa.yaml")];

it("the schema knows the settings of the program, and what they take", () => {
  const { definitions } = JSON.parse(readFileSync(schemaFile, "utf8"));
  const schemas = settingSchemas();
  // When this fails: node --conditions=source test/deploy/chart-settings.ts
  expect(Object.fromEntries(Object.keys(schemas).map((name) => [name, definitions[name]]))).toEqual(schemas);
  expect(settingsOfChart.filter((name) => !settingKeys.includes(name))).toEqual([]);
});

/** Paths of values with their defaults, down to what is no mapping, or an empty one. */
function leavesOf(value: unknown, path = ""): [string, unknown][] {
  const isMapping = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isMapping || Object.keys(value).length === 0) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, path === "" ? key : `${path}.${key}`));
}

it("the chart's README lists every value with its default", () => {
  const readme = readFileSync(join(chart, "README.md"), "utf8");
  const listed = [...readme.matchAll(/^\| `([\w.]+)` \| `(.*?)` \| \S.*\|$/gm)].map(([, path, text]) => [
    path,
    parse(text),
  ]);
  const values = leavesOf(parse(readFileSync(join(chart, "values.yaml"), "utf8")));
  expect(Object.fromEntries(listed)).toEqual(Object.fromEntries(values));
  expect(listed.map(([path]) => path)).toEqual(values.map(([path]) => path));
});

const suite = describeWith("helm");

suite("values", () => {
  it.each([
    ["an unknown key", ["--set", "datanode.replica=3"], /replica/],
    ["a wrong type", ["--set", "proxy.replicas=many"], /replicas/],
    ["two scalers, by a kind that is none", ["--set", "datanode.autoscaling.kind=both"], /kind/],
    ["an autoscaler of pods that goes to zero", ["--set", "datanode.autoscaling.minReplicas=0"], /minReplicas/],
    ["a password among the settings", ["--set", "settings.etcd-password=x"], /etcd-password/],
    ["a setting that has a value of its own", ["--set", "settings.s3-bucket=x"], /s3-bucket/],
    ["a misspelt setting", ["--set", "settings.split-sise=64MB"], /split-sise/],
    ["a setting of another service", ["--set", "datanode.settings.cache-size=64MB"], /cache-size/],
    ["a setting for one service that several share", ["--set", "datanode.settings.task-lease=9s"], /task-lease/],
    ["a size without sense", ["--set", "settings.split-size=large"], /split-size/],
    ["a duration without a unit", ["--set-string", "settings.session-ttl=6"], /session-ttl/],
    ["a misspelt field of pods", ["--set", "pod.nodeSelectors.a=b"], /nodeSelectors/],
    ["a misspelt field of a service's pods", ["--set", "querynode.pod.volume[0].name=a"], /volume/],
    ["a volume without a name", ["--set", "pod.volumes[0].emptyDir.medium=Memory"], /volumes/],
    ["a password in the URL of Redis", ["--set", "redis.url=redis://:x@redis:6379"], /url/],
    ["no etcd", ["--set", "etcd.endpoints=null"], /etcd/],
    ["no S3", ["--set", "s3.endpoint="], /s3/],
    ["to make a secret where it cannot be kept", ["--set", "internal.existingSecret="], /internal\.existingSecret/],
    ["a load balancer for everybody", ["--set", "proxy.service.type=LoadBalancer"], /loadBalancerSourceRanges/],
  ])("refuses %s", async (_, args, reason) => {
    expect(await refusal(...base, ...args)).toMatch(reason);
  });

  it("a service's settings win over those of all, false among them, and restart its pods alone", async () => {
    const all = ["--set", "settings.log-pretty=true"];
    const own = ["--set", "datanode.settings.log-pretty=false"];
    const before = manifestsOf(await render(...base, ...all));
    const after = manifestsOf(await render(...base, ...all, ...own));
    const settings = after.find(({ metadata }) => metadata.name.endsWith("-settings"))?.data;
    const pretty = Object.keys(roleSettings).map((role) => [role, parse(settings[`${role}.yaml`])["log-pretty"]]);
    expect(Object.fromEntries(pretty)).toEqual({
      ...{ proxy: true, rootcoord: true, datacoord: true, querynode: true },
      datanode: false,
    });
    const sums = (manifests: Manifest[]) =>
      [...servicesOf(manifests)].map(([role, { spec }]) => [
        role,
        spec.template.metadata.annotations["checksum/settings"],
      ]);
    const earlier = new Map(sums(before) as [string, string][]);
    const restarted = sums(after).filter(([role, sum]) => earlier.get(role) !== sum);
    expect(restarted.map(([role]) => role)).toEqual(["datanode"]);
  });

  it("a service's pods have what is given for all pods and for its own", async () => {
    const values = {
      commonLabels: { team: "search" },
      commonAnnotations: { owner: "search" },
      pod: {
        labels: { "app.kubernetes.io/name": "other", tier: "all" },
        env: [{ name: "A", value: "1" }],
        envFrom: [{ secretRef: { name: "all" } }],
        containers: [{ name: "proxy-of-all", image: "x" }],
        securityContext: { fsGroup: 5 },
        priorityClassName: "low",
      },
      datanode: {
        pod: {
          labels: { tier: "nodes" },
          annotations: { note: "n" },
          env: [{ name: "B", value: "2" }],
          volumes: [{ name: "scratch", emptyDir: {} }],
          volumeMounts: [{ name: "scratch", mountPath: "/scratch" }],
          initContainers: [{ name: "first", image: "x" }],
          securityContext: { runAsNonRoot: false },
          containerSecurityContext: { readOnlyRootFilesystem: false },
          priorityClassName: "high",
          serviceAccountName: "nodes",
          topologySpreadConstraints: [{ maxSkew: 3, topologyKey: "rack", whenUnsatisfiable: "DoNotSchedule" }],
        },
      },
    };
    const manifests = manifestsOf(await render(...base, "--set-json", ...jsonOf(values)));
    const services = servicesOf(manifests);
    const node = services.get("datanode")?.spec.template;
    expect(node.metadata.labels).toMatchObject({ "app.kubernetes.io/name": "sluice", tier: "nodes", team: "search" });
    expect(node.metadata.annotations).toMatchObject({ note: "n" });
    expect(node.spec.containers.map(({ name }: { name: string }) => name)).toEqual(["datanode", "proxy-of-all"]);
    expect(node.spec.containers[0].env).toEqual(
      expect.arrayContaining([...values.pod.env, ...values.datanode.pod.env]),
    );
    expect(node.spec.containers[0].envFrom).toEqual(values.pod.envFrom);
    expect(node.spec.containers[0].volumeMounts).toContainEqual({ name: "scratch", mountPath: "/scratch" });
    expect(node.spec.containers[0].securityContext).toMatchObject({
      readOnlyRootFilesystem: false,
      allowPrivilegeEscalation: false,
    });
    expect(node.spec).toMatchObject({
      priorityClassName: "high",
      serviceAccountName: "nodes",
      initContainers: [{ name: "first" }],
      securityContext: { runAsNonRoot: false, fsGroup: 5, runAsUser: 10001 },
      topologySpreadConstraints: [
        { topologyKey: "rack", labelSelector: { matchLabels: { "app.kubernetes.io/component": "datanode" } } },
      ],
    });
    const root = services.get("rootcoord")?.spec.template;
    expect(root.metadata.labels).toMatchObject({ tier: "all" });
    expect(root.spec).toMatchObject({ priorityClassName: "low", serviceAccountName: "try-sluice" });
    expect(root.spec.initContainers).toBeUndefined();
    for (const { metadata } of manifests) {
      expect(metadata.labels).toMatchObject({ team: "search" });
      expect(metadata.annotations).toMatchObject({ owner: "search" });
    }
  });

  it("a certificate of the proxies is mounted there alone, and named to them", async () => {
    const manifests = manifestsOf(await render(...base, "--set", "proxy.tlsSecret=front"));
    const mounting = [...servicesOf(manifests)].filter(([, { spec }]) =>
      spec.template.spec.volumes.some(
        ({ secret }: { secret?: { secretName: string } }) => secret?.secretName === "front",
      ),
    );
    expect(mounting.map(([role]) => role)).toEqual(["proxy"]);
    const settings = manifests.find(({ metadata }) => metadata.name.endsWith("-settings"))?.data;
    expect(parse(settings["proxy.yaml"])["tls-cert"]).toBe("/etc/sluice/tls/tls.crt");
    expect(parse(settings["proxy.yaml"])["tls-key"]).toBe("/etc/sluice/tls/tls.key");
    expect(parse(settings["datanode.yaml"])["tls-key"]).toBeUndefined();
  });

  it("a CA of S3 is mounted where S3 is used, and named to the process", async () => {
    const manifests = manifestsOf(await render(...base, "--set", "s3.tlsSecret=own-ca"));
    const mounting = [...servicesOf(manifests)].filter(([, { spec }]) =>
      spec.template.spec.volumes.some(({ name }: { name: string }) => name === "s3-tls"),
    );
    expect(mounting.map(([role]) => role).sort()).toEqual(["datacoord", "datanode", "proxy", "querynode", "rootcoord"]);
    const settings = manifests.find(({ metadata }) => metadata.name.endsWith("-settings"))?.data;
    expect(parse(settings["datanode.yaml"])["s3-ca"]).toBe("/etc/sluice/s3-tls/ca.crt");
  });

  describe("the key of the in-chart S3", () => {
    const small = ["--values", join(chart, "ci/small.yaml")];
    let secrets: Manifest[];
    beforeAll(async () => {
      secrets = manifestsOf(await render(...small)).filter(({ kind }) => kind === "Secret");
    });

    it("is that of its release", async () => {
      const other = manifestsOf(await render(...small, "--namespace", "elsewhere"));
      const key = (found?: Manifest) => found?.stringData["secret-key"];
      expect(key(secrets[0])).toMatch(/^[0-9a-f]{40}$/);
      expect(key(other.find(({ kind }) => kind === "Secret"))).not.toBe(key(secrets[0]));
    });

    it("is an existing Secret's where one is named", async () => {
      const manifests = manifestsOf(await render(...small, "--set", "s3.existingSecret=mine"));
      expect(manifests.filter(({ kind }) => kind === "Secret")).toEqual([]);
      const names = podsOf(manifests).flatMap(({ containers }) =>
        containers.flatMap(({ env = [] }) =>
          // biome-ignore lint/suspicious/noExplicitAny: entries of a container's environment
          env.flatMap((entry: any) => entry.valueFrom?.secretKeyRef?.name ?? []),
        ),
      );
      expect(new Set(names)).toEqual(new Set(["mine", "sluice-internal"]));
    });
  });
});

/** Values as arguments of `--set-json`. */
function jsonOf(values: Readonly<Record<string, unknown>>): string[] {
  const given = Object.entries(values).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return given.flatMap((text, i) => (i === 0 ? [text] : ["--set-json", text]));
}
