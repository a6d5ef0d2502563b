import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "@jest/globals";
import { type AskedSource, broughtSources, openMoreSources, openSources } from "@sluice/object-store";
import { AllowedEndpoints } from "../src/sources/allowed-endpoints.ts";
import { ReachableAddresses } from "../src/sources/reachable-addresses.ts";

const own = {
  ...{ s3: "http://minio:9000", s3Region: "eu-1", s3Bucket: "segments", s3Prefix: "files", s3PathStyle: true },
  ...{ s3AccessKey: "main", s3SecretKey: "main-secret", s3Checksums: "crc32" },
};
const keys = { accessKeyId: "KEYID", secretAccessKey: "HUNTER2" };
const asked = (more: Partial<AskedSource>): AskedSource => ({ type: "minio", bucket: "b", ...keys, ...more });

describe("the list of servers that imports may name", () => {
  it.each([
    ["minio:9000", "http://minio:9000", true],
    ["minio:9000", "http://minio:9001", false],
    ["minio", "http://minio:9001", true],
    ["minio:80", "http://minio", true],
    ["minio:443", "http://minio", false],
    ["*.example.com", "https://a.b.example.com", true],
    ["*.example.com", "https://example.com", false],
    ["*.example.com", "https://badexample.com", false],
    ["10.1.0.0/16", "http://10.1.2.3:9000", true],
    ["10.1.0.0/16", "http://10.2.2.3:9000", false],
    ["127.0.0.1:9000", "http://127.0.0.1:9000", true],
    ["127.0.0.1:9000", "http://127.0.0.1:1", false],
    ["[::1]:9000", "http://[::1]:9000", true],
    // Other ways to write an address are the same address.
    ["10.1.0.0/16", "http://0x0a010203:9000", true],
    ["minio", "http://2130706433", false],
  ])("%s, %s: %s", (entry, url, isAllowed) => expect(new AllowedEndpoints([entry]).has(new URL(url))).toBe(isAllowed));

  it.each(["", "a b", "http://x", "10.0.0.0/33", "x/8", "user:pass@host"])("refuses the entry %j", (entry) => {
    expect(() => new AllowedEndpoints([entry])).toThrow();
  });
});

describe("addresses that may be connected to", () => {
  const listed = new ReachableAddresses(["10.1.0.0/16", "127.0.0.1/32"]);

  it.each(["8.8.8.8", "2606:4700::1111", "10.1.2.3", "127.0.0.1", "::ffff:8.8.8.8"])("%s may", (address) => {
    expect(listed.has(address)).toBe(true);
  });

  it.each([
    ...["127.0.0.2", "10.2.0.1", "169.254.169.254", "192.168.0.1", "172.20.0.1", "100.64.0.1", "0.0.0.0", "::1"],
    ...["fe80::1", "fd00::1", "::ffff:10.2.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "224.0.0.1"],
  ])("%s may not", (address) => expect(listed.has(address)).toBe(false));

  it("are looked at when a name is resolved", async () => {
    const resolved = (addresses: ReachableAddresses) =>
      new Promise((resolve, reject) =>
        addresses.lookup("localhost", {}, (error, address) => (error ? reject(error) : resolve(address))),
      );
    await expect(resolved(new ReachableAddresses([]))).rejects.toThrow(
      /"localhost" stands for an address .*: add a range ADDRESS\/BITS that has it, beside its name/,
    );
    expect(await resolved(new ReachableAddresses(["127.0.0.0/8", "::1/128"]))).toMatch(/^(127\.0\.0\.1|::1)$/);
  });
});

describe("a store that a job brings", () => {
  it("is described without its credentials", async () => {
    const { storage, secrets } = await broughtSources({}, ["minio:9000"])(asked({ address: "minio:9000" }));
    expect(storage).toMatchObject({ kind: "s3", options: { endpoint: "http://minio:9000", reachable: [] } });
    expect(JSON.stringify(storage)).not.toMatch(/HUNTER2|KEYID/);
    expect(Object.values(secrets)).toEqual([keys]);
  });

  it("may be another bucket of the server's own store, whose segments stay out of reach", async () => {
    const { storage } = await broughtSources(own, [])(asked({ bucket: "segments" }));
    expect(storage.options).toMatchObject({ endpoint: "http://minio:9000", region: "eu-1", reserved: "files" });
    expect(storage.options).not.toHaveProperty("reachable");
  });

  it.each<[string, Partial<AskedSource>, string]>([
    ["a server that is not listed", { address: "169.254.169.254" }, 'this server connects to no "169.254.169.254"'],
    ["AWS, when it is not listed", { type: "s3" }, 'connects to no "s3.us-east-1.amazonaws.com"'],
    ["half of the credentials", { address: "minio:9000", secretAccessKey: undefined }, "give both"],
    ["no bucket", { address: "minio:9000", bucket: undefined }, "bucket_name is missing"],
    ["an ARN as the bucket", { address: "minio:9000", bucket: "arn:aws:s3:::b" }, "bucket_name must be"],
    ["a bucket that is a host", { address: "minio:9000", bucket: "evil.com#" }, "bucket_name must be"],
    ["an address with a password", { address: "http://u:HUNTER2@minio:9000" }, "address must be"],
    ["an address with a path", { address: "minio:9000/HUNTER2" }, "address must be"],
    ["a region that is none", { type: "s3", region: "x.evil.com/" }, "region must be"],
    ["a type that no storage has", { type: "stage" }, 'no store of type "stage"'],
  ])("%s is refused", async (_, more, words) => {
    const refusal = await broughtSources({}, ["minio:9000"])(asked(more)).catch((error: Error) => error.message);
    expect(refusal).toContain(words);
    expect(refusal).not.toContain("HUNTER2");
  });

  const find = async (address: string, endpoints: readonly string[]) => {
    const { storage, secrets } = await broughtSources({}, endpoints)(asked({ address }));
    const named = { ...storage, name: "data-source", isDefault: true };
    await using base = await openSources([]);
    await using sources = await openMoreSources(base, [named], secrets, { patienceMs: 100 });
    return await sources.find("a.json");
  };

  it("is not reached by a name that leads inside, at once and without a try", async () => {
    await expect(find("localhost:1", ["localhost"])).rejects.toThrow("not public");
    await expect(find("localhost:1", ["localhost", "127.0.0.0/8", "::1/128"])).rejects.toThrow("nothing listens");
  });

  it("leads nowhere by a redirect", async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.headers.host ?? "");
      response.writeHead(307, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    await expect(find(`127.0.0.1:${port}`, [`127.0.0.1:${port}`])).rejects.toThrow(/object_store_refused/);
    expect(asked.length).toBeGreaterThan(0);
    server.close();
    server.closeAllConnections();
  });
});
