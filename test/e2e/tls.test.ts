import { execFile } from "node:child_process";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { promisify } from "node:util";
import { credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { connectClient, milvus } from "@sluice/rpc";
import { makeCertificate } from "../../services/standalone/src/self-signed.ts";
import { sluiceProgram, startServer, TemporaryFolders, type TestServer } from "../support/index.ts";

const folders = new TemporaryFolders();
afterAll(() => folders[Symbol.asyncDispose]());

interface Files {
  readonly ca: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

const portOf = ({ address }: TestServer) => Number(address.slice(address.lastIndexOf(":") + 1));

/** Of gRPC: the server's version, or why there is none. */
function version(server: TestServer, { ca, cert, key }: Files): Promise<string> {
  const client = new milvus.MilvusServiceClient(
    `localhost:${portOf(server)}`,
    credentials.createSsl(ca, key ?? null, cert ?? null),
  );
  return new Promise<string>((resolve) => {
    client.getVersion({}, { deadline: Date.now() + 5000 } as never, (error, answer) =>
      resolve(error ? error.message : answer.version),
    );
  }).finally(() => client.close());
}

/** Of https: the body, or why there is none. */
function health(server: TestServer, files: Files): Promise<string> {
  return new Promise((resolve) => {
    const options = { host: "localhost", port: portOf(server), path: "/healthz", agent: false, ...files };
    request(options, (response) => response.on("data", (bytes) => resolve(String(bytes))))
      .on("error", (error) => resolve(error.message))
      .end();
  });
}

describe("TLS on the one port", () => {
  let server: TestServer;
  let ca: Buffer;
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await folders.create();
    server = await startServer({ dataDir, importRoots: [dataDir] });
    ca = await readFile(join(dataDir, "tls/cert.pem"));
  });
  afterAll(() => server?.stop());

  it("is what a copy from another service speaks with https://, to who proves its name alone", async () => {
    const other = await folders.create();
    await using knowing = await startServer({
      ...{ dataDir: other, importRoots: [other], env: { NODE_EXTRA_CA_CERTS: join(dataDir, "tls/cert.pem") } },
      settings: { dataSourceEndpoint: "127.0.0.1/32" },
    });
    const copy = async (address: string) => {
      const body = { from: { address }, collectionName: "none", targetCollectionName: "x" };
      const url = `http://${knowing.address}/v2/vectordb/jobs/copy/create`;
      const request = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      return ((await (await fetch(url, request)).json()) as { message: string }).message;
    };
    // Its certificate is for this name; another server's is not known at all.
    expect(await copy(`https://127.0.0.1:${portOf(server)}`)).toMatch(/describing none: can't find collection/);
    expect(await copy(`https://127.0.0.1:${portOf(knowing)}`)).toMatch(/describing none: .*certificate/);
  });

  it("is what the command speaks with https://, for gRPC and REST", async () => {
    const args = [sluiceProgram(), "collections", "list", "--json", "-a", `https://localhost:${portOf(server)}`];
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(dataDir, "tls/cert.pem") };
    expect((await promisify(execFile)(process.execPath, args, { env })).stdout).toBe("[]\n");
    // Without trust nothing is said in plain text instead.
    using client = connectClient(milvus.MilvusServiceClient, `https://localhost:${portOf(server)}`);
    await expect(client.getVersion({}, { deadlineMs: 500 })).rejects.toThrow("not ready");
  });

  it("carries gRPC and REST, beside connections without it", async () => {
    expect(await version(server, { ca })).toContain("sluice");
    expect(await health(server, { ca })).toBe("OK");
    expect(await (await fetch(`http://${server.address}/healthz`)).text()).toBe("OK");
  });

  it.each([
    [["h2", "http/1.1"], "http/1.1"],
    [["http/1.1"], "http/1.1"],
    [["h2"], "h2"],
  ])("speaks with who offers %j what is meant by it: HTTP/2 is gRPC's alone", async (ALPNProtocols, spoken) => {
    const socket = connect({ host: "localhost", port: portOf(server), ca, ALPNProtocols });
    await once(socket, "secureConnect");
    expect(socket.alpnProtocol).toBe(spoken);
    if (spoken === "http/1.1") {
      socket.write("GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
      expect(await text(socket)).toMatch(/^HTTP\/1.1 200 OK.*OK$/s);
    }
    socket.destroy();
  });

  it("closes what is no TLS after all, and TLS inside of TLS, and goes on", async () => {
    const outer = connect({ host: "localhost", port: portOf(server), ca });
    await new Promise((resolve) => outer.once("secureConnect", resolve));
    const inner = connect({ socket: outer, servername: "localhost", ca });
    expect(await new Promise((resolve) => inner.once("error", () => resolve("closed")))).toBe("closed");
    expect(await health(server, { ca })).toBe("OK");
  });
});

describe("clients that show a certificate", () => {
  let server: TestServer;
  let folder: string;
  const own = makeCertificate(["localhost", "127.0.0.1"]);
  const ann = makeCertificate(["ann"]);
  const eve = makeCertificate(["eve"]);
  const ca = Buffer.from(own.cert);
  const showing = ({ cert, key }: typeof ann) => ({ ca, cert: Buffer.from(cert), key: Buffer.from(key) });

  beforeAll(async () => {
    folder = await folders.create();
    const files = { cert: own.cert, key: own.key, "client-ca": ann.cert };
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, `${name}.pem`), text);
    server = await startServer({
      dataDir: await folders.create(),
      importRoots: [folder],
      settings: {
        tlsCert: join(folder, "cert.pem"),
        tlsKey: join(folder, "key.pem"),
        tlsClientCa: join(folder, "client-ca.pem"),
      },
    });
  });
  afterAll(() => server?.stop());

  it("are let in when an authority of ours has signed it, and nobody else is, with TLS or without", async () => {
    expect(await version(server, showing(ann))).toContain("sluice");
    expect(await health(server, showing(ann))).toBe("OK");
    for (const files of [showing(eve), { ca }]) {
      expect(await version(server, files)).toContain("UNAVAILABLE");
      expect(await health(server, files)).not.toBe("OK");
    }
    await expect(fetch(`http://${server.address}/healthz`)).rejects.toThrow();
  });
});
