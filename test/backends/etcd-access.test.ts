import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "@jest/globals";
import { EtcdMetaStore, type EtcdOptions } from "@sluice/metastore/etcd";
import { describeWith } from "../support/needs.ts";
import { type EtcdServer, freePorts, startEtcd } from "../support/servers.ts";
import { TemporaryFolders } from "../support/temporary-folders.ts";
import { etcdctl, Network, put } from "./etcd-support.ts";

const folders = new TemporaryFolders();
afterAll(() => folders[Symbol.asyncDispose]());

/** What `open` throws, and that it throws no secret. */
async function refusal(options: EtcdOptions): Promise<string> {
  const error = await EtcdMetaStore.open(options).then(
    () => new Error("was opened"),
    (reason: Error) => reason,
  );
  for (let at: unknown = error; at instanceof Error; at = at.cause) {
    expect(`${at.message}${at.stack}`).not.toContain("Pa55word");
    expect(`${at.message}${at.stack}`).not.toContain("PRIVATE KEY");
  }
  expect(error).toMatchObject({ name: "StatusError", code: 1 });
  return error.message;
}

describeWith("etcd")("etcd that is not there", () => {
  it("says where it was looked for", async () => {
    const [port] = await freePorts(1);
    const endpoints = [`http://127.0.0.1:${port}`];
    const message = await refusal({ endpoints, prefix: "p", patienceMs: 300 });
    expect(message).toContain(`service not ready: cannot use etcd: etcd at ${endpoints[0]} cannot be reached: `);
    expect(message).toContain("ECONNREFUSED");
  });

  it("says that there is no answer", async () => {
    await using etcd = await startEtcd();
    await using network = await Network.open(etcd);
    etcd.server.freeze();
    const message = await refusal({ endpoints: [network.url], prefix: "p", patienceMs: 300, callTimeoutMs: 300 });
    expect(message).toBe(`service not ready: cannot use etcd: etcd at ${network.url} does not answer`);
  });
});

describeWith("etcd", "etcdctl")("etcd with users", () => {
  let etcd: EtcdServer;
  beforeAll(async () => {
    etcd = await startEtcd();
    for (const command of [
      "user add root:root-Pa55word",
      "user grant-role root root",
      "role add app",
      "role grant-permission app readwrite --prefix=true sluice/",
      "user add app:app-Pa55word",
      "user grant-role app app",
      "auth enable",
    ])
      await etcdctl(etcd, ...command.split(" "));
  });
  afterAll(async () => etcd[Symbol.asyncDispose]());
  const options = (more: Partial<EtcdOptions> = {}): EtcdOptions => ({
    endpoints: [etcd.url],
    prefix: "sluice",
    auth: { user: "app", password: "app-Pa55word" },
    ...more,
  });

  it("opens for the user of the prefix; records, watches and held keys outlive the tokens that etcd forgets", async () => {
    await using store = await EtcdMetaStore.open(options());
    const changes = store.watch("k/", new AbortController().signal)[Symbol.asyncIterator]();
    await put(store, "k/1", "1");
    expect([...(await changes.next()).value]).toEqual(["k/1"]);
    const { signal } = new AbortController();
    await using held = await store.hold({ key: "leader", value: "", ttlMs: 20_000, signal });
    await etcd.server.kill9();
    await etcd.server.start();
    expect(await store.commit({ guards: [held!.guard], writes: [{ key: "k/2", value: "2" }] })).toBeDefined();
    expect([...(await changes.next()).value]).toEqual(["k/2"]);
    expect(held!.lost.aborted).toBe(false);
    expect((await store.get("k/1"))?.value).toBe("1");
  });

  it("says that an etcd without users needs none", async () => {
    await using plain = await startEtcd();
    expect(await refusal(options({ endpoints: [plain.url] }))).toBe(
      `service not ready: cannot use etcd: etcd at ${plain.url} has no users: leave settings etcd-user, etcd-password out`,
    );
  });

  it("says who is refused, and which settings are to be looked at", async () => {
    const where = `service not ready: cannot use etcd: etcd at ${etcd.url}`;
    const wrong = options({ auth: { user: "app", password: "wrong-Pa55word" } });
    expect(await refusal(wrong)).toBe(`${where} refuses user and password (settings etcd-user, etcd-password)`);
    expect(await refusal(options({ auth: { user: "nobody", password: "Pa55word" } }))).toContain("refuses user");
    expect(await refusal(options({ auth: undefined }))).toBe(
      `${where} asks for a user (settings etcd-user, etcd-password)`,
    );
    expect(await refusal(options({ prefix: "other" }))).toBe(
      `${where} does not let this user use the prefix (setting etcd-prefix)`,
    );
  });
});

describeWith("etcd", "etcdctl")("etcd with TLS", () => {
  let etcd: EtcdServer;
  let folder: string;
  const pem = (name: string) => readFileSync(join(folder, name), "utf8");
  const openssl = (...args: readonly string[]) => execFileSync("openssl", args, { stdio: "ignore", cwd: folder });
  const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

  const createAuthority = (name: string) =>
    openssl("req", "-x509", ...newKey, "-days", "2", "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", name);
  const createCertificate = (name: string, authority: string) => {
    const files = ["-keyout", `${name}.key`, "-out", `${name}.csr`];
    openssl("req", ...newKey, "-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1", ...files);
    const by = ["-CA", authority, "-CAkey", `${authority}.key`, "-CAcreateserial", "-copy_extensions", "copy"];
    openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-days", "2", "-out", name);
  };

  beforeAll(async () => {
    folder = await folders.create();
    createAuthority("ca");
    createAuthority("other-ca");
    createCertificate("server", "ca");
    createCertificate("client", "ca");
    createCertificate("stranger", "other-ca");
    const tls = { ca: join(folder, "ca"), cert: join(folder, "server"), key: join(folder, "server.key") };
    etcd = await startEtcd({ tls });
  });
  afterAll(async () => etcd[Symbol.asyncDispose]());
  const options = (tls: EtcdOptions["tls"], endpoint = etcd.url): EtcdOptions => ({
    endpoints: [endpoint],
    prefix: "sluice",
    ...(tls && { tls }),
  });
  const client = () => ({ certPem: pem("client"), keyPem: pem("client.key") });

  it("opens for a client with a certificate, and serves commits, watches and held keys", async () => {
    await using store = await EtcdMetaStore.open(options({ caPem: pem("ca"), ...client() }));
    const { signal } = new AbortController();
    const changes = store.watch("k", signal)[Symbol.asyncIterator]();
    await using held = await store.hold({ key: "leader", value: "", ttlMs: 5000, signal });
    expect(await store.commit({ guards: [held!.guard], writes: [{ key: "k", value: "1" }] })).toBeDefined();
    expect([...(await changes.next()).value]).toEqual(["k"]);
  });

  it("says what TLS refused, and which settings are to be looked at", async () => {
    const ca = { caPem: pem("ca") };
    const unknown = `${etcd.url} cannot be used over TLS: its certificate is of an unknown authority (setting etcd-ca): `;
    expect(await refusal(options({ caPem: pem("other-ca"), ...client() }))).toContain(unknown);
    expect(await refusal(options({ ...client() }))).toContain(unknown);
    expect(await refusal(options(undefined))).toContain(unknown);
    const stranger = { certPem: pem("stranger"), keyPem: pem("stranger.key") };
    for (const tls of [ca, { ...ca, ...stranger }])
      expect(await refusal(options(tls))).toContain(
        "it refuses our certificate, or wants one (settings etcd-cert, etcd-key)",
      );
  });

  it("says so when one of both sides speaks TLS and the other does not", async () => {
    const plainUrl = etcd.url.replace("https", "http");
    const cannot = (url: string) => `service not ready: cannot use etcd: etcd at ${url} cannot be reached: `;
    const toPlain = await refusal({ ...options(undefined, plainUrl), patienceMs: 300 });
    expect(toPlain).toContain(cannot(plainUrl)); // The system's own words in between depend on the moment.
    expect(toPlain).toContain(" (one with TLS is reached by https:// in setting etcd)");
    await using plain = await startEtcd();
    const tls = options({ caPem: pem("ca") }, plain.url.replace("http", "https"));
    expect(await refusal({ ...tls, patienceMs: 300 })).toContain(
      "(one without TLS is reached by http:// in setting etcd)",
    );
  });

  it("refuses certificates that are none", async () => {
    const opening = EtcdMetaStore.open(options({ caPem: pem("ca"), certPem: "x", keyPem: pem("client.key") }));
    await expect(opening).rejects.toThrow("certificate or key cannot be read (settings etcd-ca, etcd-cert, etcd-key)");
    await expect(opening).rejects.not.toThrow("PRIVATE KEY");
  });
});
