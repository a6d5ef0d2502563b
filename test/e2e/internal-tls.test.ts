import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { rename, utimes, writeFile } from "node:fs/promises";
import { type AddressInfo, connect as connectPlain, createServer } from "node:net";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterEach, beforeEach, describe, expect, it, jest } from "@jest/globals";
import { connectPeer, openPeerServer, TlsDoor } from "@sluice/cluster";
import { dataCoord, okStatus, served } from "@sluice/rpc";
import { type LogFields, silentLogger } from "@sluice/telemetry";
import { makeCertificate } from "../../services/standalone/src/self-signed.ts";
import { eventually, TemporaryFolders } from "../support/index.ts";

const SECRET = "the secret of a cluster";
const PEER = "sluice-internal";
const RENEWED_MS = 35_000;
const ANSWER_MS = 20_000;

let cleanup: AsyncDisposableStack;
let folder: string;
beforeEach(async () => {
  cleanup = new AsyncDisposableStack();
  folder = await cleanup.use(new TemporaryFolders()).create();
});
afterEach(() => cleanup.disposeAsync());

type Made = ReturnType<typeof makeCertificate>;

/** Files of a process with this certificate, which trusts these; they are their own authorities. */
async function files(name: string, { cert, key }: Made, trusted: readonly Made[]) {
  const at = (what: string) => join(folder, `${name}-${what}.pem`);
  await writeFile(at("cert"), cert);
  await writeFile(at("key"), key);
  await writeFile(at("ca"), trusted.map((one) => one.cert).join("\n"));
  return { internalTlsCert: at("cert"), internalTlsKey: at("key"), internalTlsCa: at("ca") };
}

type Files = Awaited<ReturnType<typeof files>>;

async function serve(tls: Files, internalSecret: string = SECRET) {
  const warnings: LogFields[] = [];
  const log = { ...silentLogger, warn: (_text: string, fields?: LogFields) => void warnings.push(fields ?? {}) };
  const service = served<dataCoord.DataCoordServer>(dataCoord.DataCoordService, { cancelTasks: () => okStatus() });
  const settings = { host: "127.0.0.1", internalSecret, ...tls };
  const server = cleanup.use(openPeerServer({ services: [service], stopMs: 10, log }, settings));
  return { address: await server.listen("127.0.0.1", 0), warnings };
}

/** @param deadlineMs where an answer is expected: as long as a busy machine may take for a handshake */
async function ask(address: string, tls: Partial<Files>, deadlineMs = 500): Promise<string> {
  using client = connectPeer(dataCoord.DataCoordClient, address, { internalSecret: SECRET, ...tls });
  return await client.cancelTasks({ taskIds: [] }, { deadlineMs }).then(
    () => "answered",
    ({ message }: Error) => message,
  );
}

describe("a process with internal-tls-cert", () => {
  it("answers who shows a certificate of its authority for the name of processes, and nobody else", async () => {
    const [peer, other, foreign] = [makeCertificate([PEER]), makeCertificate(["books"]), makeCertificate([PEER])];
    const own = await files("own", peer, [peer, other]);
    const { address, warnings } = await serve(own);
    expect(await ask(address, own, ANSWER_MS)).toBe("answered");
    expect(await ask(address, await files("second", peer, [peer]), ANSWER_MS)).toBe("answered");
    for (const stranger of [
      {},
      await files("other", other, [peer]),
      await files("foreign", foreign, [peer]),
      await files("trusts-others", peer, [foreign]),
    ])
      expect(await ask(address, stranger)).toMatch(/^service not ready/);
    expect(warnings[0]).toMatchObject({ peer: expect.stringContaining("127.0.0.1"), reason: expect.any(String) });
  });

  it("says nothing to who shows none, or speaks in the clear", async () => {
    const peer = makeCertificate([PEER]);
    const { address } = await serve(await files("own", peer, [peer]));
    const port = Number(address.split(":")[1]);
    const plain = connectPlain(port, "127.0.0.1").on("error", () => undefined);
    plain.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
    const nameless = connectTls({ port, host: "127.0.0.1", ca: peer.cert, servername: PEER, ALPNProtocols: ["h2"] });
    nameless.on("error", () => undefined);
    const seen: Buffer[] = [];
    for (const socket of [plain, nameless]) socket.on("data", (bytes) => seen.push(bytes));
    await Promise.all([plain, nameless].map((socket) => new Promise((resolve) => socket.once("close", resolve))));
    // An alert at most, which is no HTTP/2.
    expect(Buffer.concat(seen).toString("latin1")).not.toContain("HTTP");
  });

  it("asks for the secret as well", async () => {
    const peer = makeCertificate([PEER]);
    const own = await files("own", peer, [peer]);
    const { address } = await serve(own, "the secret of another cluster");
    expect(await ask(address, own)).toMatch(/another internal-secret/);
  });

  it("is not started with one of its files missing, wrong or unreadable", async () => {
    const [peer, other] = [makeCertificate([PEER]), makeCertificate([PEER])];
    const own = await files("own", peer, [peer]);
    const open = (tls: Partial<Files>) => () => openPeerServer({ services: [] }, { host: "::1", ...tls });
    expect(open({ internalTlsCert: own.internalTlsCert })).toThrow(/internal-tls-ca: give all three, or none/);
    expect(open({ ...own, internalTlsKey: join(folder, "none") })).toThrow(/internal-tls-key.*ENOENT/);
    await writeFile(own.internalTlsKey, other.key);
    expect(open(own)).toThrow(/internal-tls-cert.*key values mismatch/);
  });
});

/** What is done every ten seconds is done ten times a second, until the test ends. */
function hastenTimers(): void {
  const every = globalThis.setInterval;
  const sooner = (run: () => void, ms?: number) => every(run, ms === 10_000 ? 100 : ms);
  const spy = jest.spyOn(globalThis, "setInterval").mockImplementation(sooner as typeof setInterval);
  cleanup.defer(() => spy.mockRestore());
}

it("certificates and authorities of a cluster that works are renewed, and no call fails meanwhile", async () => {
  hastenTimers(); // Files are looked at every ten seconds.
  const [peer, next] = [makeCertificate([PEER]), makeCertificate([PEER])];
  const own = await files("own", peer, [peer]);
  const old = await files("old", peer, [peer, next]);
  const renewed = await files("renewed", next, [peer, next]);
  const { address } = await serve(own);
  using client = connectPeer(dataCoord.DataCoordClient, address, { internalSecret: SECRET, ...own });
  let isOver = false;
  let calls = 0;
  const calling = (async () => {
    for (; !isOver; calls++) {
      await client.cancelTasks({ taskIds: [] });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  })();
  // In the order of docs/operations.md: who is trusted, what is shown, who is trusted no more.
  await writeFile(own.internalTlsCa, `${peer.cert}\n${next.cert}`);
  await eventually(async () => expect(await ask(address, renewed)).toBe("answered"), RENEWED_MS);
  await writeFile(own.internalTlsKey, next.key);
  await writeFile(own.internalTlsCert, next.cert);
  const trustsNext = await files("trusts-next", peer, [next]);
  await eventually(async () => expect(await ask(address, trustsNext)).toBe("answered"), RENEWED_MS);
  await writeFile(own.internalTlsCa, next.cert);
  await eventually(async () => expect(await ask(address, old)).toMatch(/^service not ready/), RENEWED_MS);
  expect(await ask(address, renewed, ANSWER_MS)).toBe("answered");
  const before = calls;
  await eventually(async () => expect(calls).toBeGreaterThan(before + 3));
  isOver = true;
  await calling;
}, 120_000);

it("a certificate that takes the place of another one is shown, though its file is as old", async () => {
  const [peer, next] = [makeCertificate([PEER]), makeCertificate([PEER])];
  const [own, renewed] = [await files("own", peer, [peer]), await files("renewed", next, [peer])];
  const paths = { cert: own.internalTlsCert, key: own.internalTlsKey };
  for (const file of Object.values({ ...own, ...renewed })) await utimes(file, 1e9, 1e9);
  const door = cleanup.use(
    await TlsDoor.open(
      { cert: renewed.internalTlsCert, key: renewed.internalTlsKey },
      { log: silentLogger, inside: (socket) => socket.end(), reloadMs: 20 },
    ),
  );
  const listener = cleanup.adopt(
    createServer((socket) => door.accept(socket)).listen(0, "127.0.0.1"),
    (open) => void open.close(),
  );
  await once(listener, "listening");
  const shown = async () => {
    const { port } = listener.address() as AddressInfo;
    const socket = connectTls({ port, host: "127.0.0.1", rejectUnauthorized: false });
    await once(socket, "secureConnect");
    const { fingerprint256 } = socket.getPeerCertificate();
    await new Promise((resolve) => socket.resume().once("close", resolve));
    return fingerprint256;
  };
  expect(await shown()).toBe(new X509Certificate(next.cert).fingerprint256);
  await rename(paths.key, renewed.internalTlsKey);
  await rename(paths.cert, renewed.internalTlsCert);
  const wanted = new X509Certificate(peer.cert).fingerprint256;
  for (let found = ""; found !== wanted; ) found = await shown();
});
