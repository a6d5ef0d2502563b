import { afterEach, describe, expect, it } from "@jest/globals";
import { connectPeer, credentialsKeyOf, openPeerServer } from "@sluice/cluster";
import { dataCoord, okStatus, served } from "@sluice/rpc";
import { silentLogger } from "@sluice/telemetry";

const SECRET = "a secret of the cluster";
let cleanup = new AsyncDisposableStack();
afterEach(async () => {
  await cleanup.disposeAsync();
  cleanup = new AsyncDisposableStack();
});

/** A server of one method, with what it has logged and observed. */
async function open(internalSecret: string | undefined, host = "127.0.0.1") {
  const warnings: { readonly message: string; readonly fields: object }[] = [];
  const observed: [string, number][] = [];
  const warn = (message: string, fields: object = {}) => void warnings.push({ message, fields });
  const service = served<dataCoord.DataCoordServer>(dataCoord.DataCoordService, { cancelTasks: () => okStatus() });
  const options = {
    ...{ services: [service], stopMs: 10, log: { ...silentLogger, warn } },
    onCall: (method: string, code: number) => void observed.push([method, code]),
  };
  const server = cleanup.use(openPeerServer(options, { host, internalSecret }));
  const address = await server.listen("127.0.0.1", 0);
  const call = async (secret: string | undefined, taskIds: bigint[] = []) => {
    using client = connectPeer(dataCoord.DataCoordClient, address, { internalSecret: secret });
    return await client.cancelTasks({ taskIds }).then(
      () => "answered",
      (error) => [error.code, error.message],
    );
  };
  return { call, warnings, observed };
}

it("I1: a process answers those that have its secret, and tells the others what they lack", async () => {
  const { call, warnings, observed } = await open(SECRET);
  expect(await call(SECRET)).toBe("answered");
  expect(await call(undefined)).toEqual([1400, expect.stringContaining("does not say that it comes from one")]);
  for (const other of [`${SECRET}!`, SECRET.toUpperCase()])
    expect(await call(other)).toEqual([1400, expect.stringMatching(/another internal-secret.*the same setting/)]);
  // Nothing of a request is taken that nobody reads.
  expect(await call(undefined, Array<bigint>(1_000_000).fill(1n << 60n))).toEqual([1400, expect.any(String)]);
  expect(observed.map(([, code]) => code)).toEqual([0, 16, 16, 16, 16]);
  // A flood of strangers fills no log.
  expect(warnings.map(({ message }) => message)).toEqual(["a call is refused"]);
  expect(warnings[0].fields).toMatchObject({ peer: expect.stringContaining("127.0.0.1") });
});

it("without a secret everybody is answered, and a port that is open to the network says so", async () => {
  const wide = await open(undefined, "0.0.0.0");
  expect(await wide.call(undefined)).toBe("answered");
  expect(await wide.call(SECRET)).toBe("answered");
  expect(wide.warnings.map(({ message }) => message)).toEqual([expect.stringContaining("internal-secret")]);
  for (const host of ["127.0.0.1", "::1", "localhost", "process:rootcoord"])
    expect((await open(undefined, host)).warnings).toEqual([]);
  expect((await open(SECRET, "0.0.0.0")).warnings).toEqual([]);
});

it("I2: what seals credentials is not what calls carry", async () => {
  const sealed = credentialsKeyOf({ internalSecret: SECRET })?.seal("HUNTER2", "7") as string;
  expect(credentialsKeyOf({ internalSecret: SECRET })?.open(sealed, "7")).toBe("HUNTER2");
  expect(credentialsKeyOf({ internalSecret: `${SECRET}!` })?.open(sealed, "7")).toBeUndefined();
  const seen: string[] = [];
  const service = served<dataCoord.DataCoordServer>(dataCoord.DataCoordService, {
    cancelTasks: (_, { metadata }) => {
      seen.push(...metadata.get("sluice-caller-token").map(String));
      return okStatus();
    },
  });
  const server = cleanup.use(
    openPeerServer({ services: [service], stopMs: 10 }, { host: "::1", internalSecret: SECRET }),
  );
  const address = await server.listen("127.0.0.1", 0);
  using client = connectPeer(dataCoord.DataCoordClient, address, { internalSecret: SECRET });
  await client.cancelTasks({ taskIds: [] });
  const keys = seen.filter((text) => /^[0-9a-f]{64}$/.test(text));
  expect(keys).toHaveLength(1);
  expect(credentialsKeyOf({ credentialsKey: keys[0] })?.open(sealed, "7")).toBeUndefined();
  expect(seen.join()).not.toContain(SECRET);
});

it("the operator's key seals credentials where there is one, and there may be none", () => {
  const credentialsKey = "00".repeat(32);
  const sealed = credentialsKeyOf({ credentialsKey })?.seal("HUNTER2", "7") as string;
  expect(credentialsKeyOf({ credentialsKey, internalSecret: SECRET })?.open(sealed, "7")).toBe("HUNTER2");
  expect(credentialsKeyOf({})).toBeUndefined();
});

it("a secret that could be guessed is refused without being shown", () => {
  const short = /^(?!.*HUNTER2).*internal-secret must have at least 16 characters/;
  expect(() => openPeerServer({ services: [] }, { host: "::1", internalSecret: "HUNTER2" })).toThrow(short);
  expect(() => connectPeer(dataCoord.DataCoordClient, "127.0.0.1:1", { internalSecret: "HUNTER2" })).toThrow(short);
});

describe("I4: while a secret takes the place of another one", () => {
  const [OLD, NEW] = ["the secret before this", "the secret of today"];
  const before = { internalSecret: OLD };
  const between = { internalSecret: NEW, internalSecretPrevious: OLD };
  const after = { internalSecret: NEW };

  it.each([
    ["before, between", before, between],
    ["between, before", between, before],
    ["between, after", between, after],
    ["after, between", after, between],
  ])("processes of both kinds answer each other: %s", async (_, caller, callee) => {
    const service = served<dataCoord.DataCoordServer>(dataCoord.DataCoordService, { cancelTasks: () => okStatus() });
    const server = cleanup.use(openPeerServer({ services: [service], stopMs: 10 }, { host: "::1", ...callee }));
    using client = connectPeer(dataCoord.DataCoordClient, await server.listen("127.0.0.1", 0), caller);
    expect(await client.cancelTasks({ taskIds: [] })).toEqual(okStatus());
    const sealed = credentialsKeyOf(caller)?.seal("HUNTER2", "7") as string;
    expect(credentialsKeyOf(callee)?.open(sealed, "7")).toBe("HUNTER2");
  });

  it("the old one alone opens nothing once it is over, and needs a new one beside it", async () => {
    const sealed = credentialsKeyOf(after)?.seal("HUNTER2", "7") as string;
    expect(credentialsKeyOf(before)?.open(sealed, "7")).toBeUndefined();
    expect(() => credentialsKeyOf({ internalSecretPrevious: OLD })).toThrow(/it needs internal-secret/);
  });
});
