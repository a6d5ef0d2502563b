import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { parse, stringify } from "yaml";
import {
  BackendServer,
  describeWith,
  eventually,
  findProgram,
  freePorts,
  startServer,
  TemporaryFolders,
  type TestServer,
} from "../support/index.ts";
import { chart, type Manifest, manifestsOf, podsOf, render, run } from "./chart-rendering.ts";

/** The selector that the chart writes for the release of these tests. */
const ofRelease = 'namespace="vectors",release="try"';

/** Words of PromQL that the rules and panels use beside names of metrics and labels. */
const words = /^(sum|max|rate|increase|histogram_quantile|vector|and|or|by)$/;

/** Selectors of an expression as `name{labels}`; a name without labels is one as well. */
function selectorsOf(expression: string): { readonly name: string; readonly labels: string }[] {
  const bare = expression.replace(/\bby \([^)]*\)/g, "").replace(/\[\w+\]/g, "");
  return [...bare.matchAll(/\b([a-z_]\w*)(?:\{((?:"[^"]*"|[^}"])*)\})?/g)]
    .map(([, name, labels = ""]) => ({ name, labels }))
    .filter(({ name }) => !words.test(name));
}

it("selectors of an expression are found, with and without labels", () => {
  expect(selectorsOf('sum by (le) (rate(a_total{x="}",y="1"}[5m])) > 0.5 or b')).toEqual([
    { name: "a_total", labels: 'x="}",y="1"' },
    { name: "b", labels: "" },
  ]);
});

const suite = describeWith("helm", "promtool", "prometheus");

suite("what the chart brings for monitoring", () => {
  const folders = new TemporaryFolders();
  let folder: string;
  let manifests: Manifest[];
  let keda: Manifest[];
  const find = (kind: string, from = manifests) => from.find((manifest) => manifest.kind === kind) as Manifest;
  const rules = (): Rule[] => find("PrometheusRule").spec.groups.flatMap((group: { rules: Rule[] }) => group.rules);
  const dashboard = () =>
    JSON.parse(manifests.find(({ metadata }) => metadata.name === "try-sluice-dashboard")?.data["try-sluice.json"]);
  const query = (): string => find("ScaledObject", keda).spec.triggers[0].metadata.query;

  interface Rule {
    readonly alert: string;
    readonly expr: string;
    readonly labels: Readonly<Record<string, string>>;
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "sluice-monitoring-"));
    manifests = manifestsOf(await render("--values", join(chart, "ci/production.yaml")));
    keda = manifestsOf(await render("--values", join(chart, "ci/autoscaling-keda.yaml")));
  });
  afterAll(async () => {
    await folders[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  });

  it("every alert looks at series of its release alone, and says which it is", () => {
    expect(rules().length).toBeGreaterThan(10);
    for (const { expr, labels } of rules()) {
      expect(labels).toMatchObject({ namespace: "vectors", release: "try" });
      for (const { name, labels: selector } of selectorsOf(expr))
        expect([name, selector]).toEqual([name, expect.stringContaining(ofRelease)]);
    }
  });

  it("every panel follows the variables for namespace and release, which stand on this one", () => {
    const { title, uid, panels, templating } = dashboard();
    expect(title).toBe("Sluice vectors/try");
    expect(uid).toMatch(/^[\w-]{1,40}$/);
    const chosen = templating.list.map(({ name, current }: Variable) => [name, current?.value]);
    expect(Object.fromEntries(chosen)).toMatchObject({ namespace: "vectors", release: "try" });
    for (const expr of expressionsOf(panels))
      for (const { name, labels } of selectorsOf(expr))
        expect([name, labels]).toEqual([name, expect.stringContaining('namespace=~"$namespace",release=~"$release"')]);
  });

  interface Variable {
    readonly name: string;
    readonly current?: { readonly value: string };
  }

  interface Panel {
    readonly targets: readonly { readonly expr: string }[];
  }

  const expressionsOf = (panels: readonly Panel[]) => panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));

  it("Prometheus takes the rules, of the chart and as they lie there", async () => {
    const path = join(folder, "rules.yaml");
    await writeFile(path, stringify(find("PrometheusRule").spec));
    for (const file of [path, join(chart, "files/alerts.yaml")])
      expect((await run(findProgram("promtool") as string, ["check", "rules", file])).stdout).toContain("SUCCESS");
  });

  it("alerts fire for their release and not for its neighbours", async () => {
    const series = (name: string, release: string, values: string, more = "") => ({
      series: `${name}{namespace="vectors",release="${release}",pod="a"${more}}`,
      values,
    });
    const broken = [
      series("sluice_leading", "OF", "1x120", ',role="rootcoord"'),
      series("sluice_datanodes", "OF", "0x120"),
      series("sluice_queue_waiting_tasks", "OF", "7x120"),
      series("sluice_attempts_started_total", "OF", "5x120"),
      series("up", "OF", "0x120"),
      series("sluice_attempts_lost_total", "OF", "0+1x120"),
      series("sluice_task_retries_total", "OF", "0+60x120", ',code="object_store_unavailable"'),
    ];
    const healthy = [
      series("sluice_leading", "OF", "1x120", ',role="rootcoord"'),
      series("sluice_leading", "OF", "1x120", ',role="datacoord"'),
      series("sluice_datanodes", "OF", "3x120"),
      series("sluice_queue_waiting_tasks", "OF", "7x120"),
      series("sluice_attempts_started_total", "OF", "0+5x120"),
      series("sluice_attempts_lost_total", "OF", "0x60 1x60"),
      series("up", "OF", "1x120"),
    ];
    const inRelease = (all: typeof broken, release: string) =>
      all.map((one) => ({ ...one, series: one.series.replace('"OF"', `"${release}"`) }));
    const firing = await alertsOf([...inRelease(broken, "try"), ...inRelease(healthy, "other")]);
    expect(firing).toEqual([
      "SluiceDataNodesDie",
      "SluiceManyRetries",
      "SluiceNoDataNode",
      "SluiceNoLeader",
      "SluiceProcessGone",
      "SluiceQueueStandsStill",
    ]);
    expect(await alertsOf([...inRelease(healthy, "try"), ...inRelease(broken, "other")])).toEqual([]);
  });

  /** Names of the alerts that fire after an hour of the given series, by promtool's unit tests of rules. */
  async function alertsOf(series: readonly object[]): Promise<string[]> {
    const rulesFile = join(folder, "rules.yaml");
    await writeFile(rulesFile, stringify(find("PrometheusRule").spec));
    const names = [...new Set(rules().map(({ alert }) => alert))].sort();
    const firing: string[] = [];
    for (const alert of names) {
      const test = { interval: "1m", input_series: series, alert_rule_test: [{ eval_time: "1h", alertname: alert }] };
      const path = join(folder, "test.yaml");
      await writeFile(path, stringify({ rule_files: [rulesFile], tests: [test] }));
      // The test expects no alert: it fails for one that fires.
      const isSilent = await run(findProgram("promtool") as string, ["test", "rules", path]).then(
        () => true,
        ({ stdout, stderr }) => {
          if (!`${stdout}${stderr}`.includes("got:[")) throw new Error(`${stdout}${stderr}`);
          return false;
        },
      );
      if (!isSilent) firing.push(alert);
    }
    return firing;
  }

  it("KEDA's query is answered with the tasks that wait and run", async () => {
    const series = [
      { series: 'sluice_queue_waiting_tasks{namespace="vectors",release="try",pod="leads"}', values: "30" },
      { series: 'sluice_queue_leased_tasks{namespace="vectors",release="try",pod="leads"}', values: "12" },
      { series: 'sluice_queue_waiting_tasks{namespace="vectors",release="try",pod="stands-by"}', values: "0" },
      { series: 'sluice_queue_leased_tasks{namespace="vectors",release="try",pod="stands-by"}', values: "0" },
      { series: 'sluice_queue_waiting_tasks{namespace="vectors",release="other",pod="leads"}', values: "500" },
      { series: 'sluice_queue_leased_tasks{namespace="vectors",release="other",pod="leads"}', values: "1" },
    ];
    const expected = { expr: query(), eval_time: "0m", exp_samples: [{ labels: "{}", value: 42 }] };
    const path = join(folder, "query.yaml");
    await writeFile(
      path,
      stringify({ tests: [{ interval: "1m", input_series: series, promql_expr_test: [expected] }] }),
    );
    await run(findProgram("promtool") as string, ["test", "rules", path]);
  });

  describe("with a real Prometheus that reads a server as the PodMonitor says", () => {
    let server: TestServer;
    let prometheus: BackendServer;
    let url: string;

    beforeAll(async () => {
      const { dataDir, importRoot } = await folders.createPair();
      server = await startServer({ dataDir, importRoots: [importRoot], settings: { workers: 1 } });
      const [port] = await freePorts(1);
      url = `http://127.0.0.1:${port}`;
      const config = join(folder, "prometheus.yaml");
      await writeFile(config, stringify(scrapeConfig(find("PodMonitor", keda), server.address)));
      prometheus = await BackendServer.start({
        program: "prometheus",
        args: [
          ...[`--config.file=${config}`, `--storage.tsdb.path=${join(folder, "tsdb")}`],
          ...[`--web.listen-address=127.0.0.1:${port}`, "--log.level=warn"],
        ],
        folder: join(folder, "tsdb"),
        isReady: async () => (await fetch(`${url}/-/ready`)).ok,
      });
    });
    afterAll(async () => {
      await prometheus?.[Symbol.asyncDispose]();
      await server?.stop();
    });

    /** What the operator makes of a PodMonitor, for a pod of the datacoord. */
    function scrapeConfig({ spec }: Manifest, target: string) {
      const [endpoint] = spec.podMetricsEndpoints;
      const labels = {
        namespace: "vectors",
        pod: "try-sluice-datacoord-0",
        __meta_kubernetes_pod_label_app_kubernetes_io_component: "datacoord",
      };
      const snakeCase = (key: string) => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      const relabelings = endpoint.relabelings.map((rule: object) =>
        Object.fromEntries(Object.entries(rule).map(([key, value]) => [snakeCase(key), value])),
      );
      const job = {
        job_name: "vectors/try-sluice",
        metrics_path: endpoint.path,
        scrape_interval: "300ms",
        scrape_timeout: "250ms",
        static_configs: [{ targets: [target], labels }],
        relabel_configs: relabelings,
      };
      return { scrape_configs: [job] };
    }

    interface Sample {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }

    async function ask(expression: string): Promise<Sample[]> {
      const answer = await fetch(`${url}/api/v1/query`, {
        method: "POST",
        body: new URLSearchParams({ query: expression }),
      });
      const { status, data, error } = (await answer.json()) as {
        status: string;
        data: { result: Sample[] };
        error: string;
      };
      if (status !== "success") throw new Error(`${expression}: ${error}`);
      return data.result;
    }

    it("KEDA's query finds the queue", async () => {
      await eventually(async () => expect((await ask(query())).map(({ value }) => value[1])).toEqual(["0"]), 20_000);
      const [leading] = await ask('sluice_datanodes{component="datacoord"}');
      expect(leading.metric).toMatchObject({ namespace: "vectors", release: "try", component: "datacoord" });
    });

    it("every expression of alerts and panels is one that Prometheus answers", async () => {
      const { panels } = dashboard();
      const shown = expressionsOf(panels).map((text) =>
        text.replaceAll("$namespace", "vectors").replaceAll("$release", ".*"),
      );
      for (const expression of [...rules().map(({ expr }) => expr), ...shown]) await ask(expression);
    });
  });

  it("helm test ends well when the proxy answers, and says why when it does not", async () => {
    const { dataDir, importRoot } = await folders.createPair();
    const server = await startServer({ dataDir, importRoots: [importRoot], settings: { workers: 1 } });
    const isTest = ({ metadata }: Manifest) => metadata.annotations?.["helm.sh/hook"] === "test";
    const { command, args, env } = podsOf(manifests.filter(isTest))[0].containers[0];
    expect(env).toContainEqual({ name: "SLUICE_TEST_URL", value: "http://try-sluice:19530" });
    const test = (address: string) =>
      run(process.execPath, [...command.slice(1), ...args], {
        env: { SLUICE_TEST_URL: `http://${address}`, SLUICE_TEST_SECONDS: "1" },
      });
    expect(command[0]).toBe("node");
    expect((await test(server.address)).stdout).toContain("lists import jobs");
    await server.stop();
    const error = await test(server.address).catch((thrown) => thrown);
    expect(error.stderr).toContain("does not answer: connect ECONNREFUSED");
  });
});

it("as they lie there, the alerts are those of a release `sluice`", () => {
  const { groups } = parse(readFileSync(join(chart, "files/alerts.yaml"), "utf8"));
  for (const { expr } of groups[0].rules)
    for (const { labels } of selectorsOf(expr)) expect(labels).toContain('release="sluice"');
});
