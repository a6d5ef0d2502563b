import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { type AnyRole, connectPeer, settingsOf } from "@sluice/cluster";
import { loadSettings } from "@sluice/config";
import { dataCoordRole } from "@sluice/datacoord/role";
import { MemoryMetaStore } from "@sluice/metastore/testing";
import { broughtSources, ExportRoots, openObjectStore, openSources } from "@sluice/object-store";
import { queryNodeRole } from "@sluice/querynode/role";
import { rootCoordRole } from "@sluice/rootcoord/role";
import { dataCoord, queryNode, RootCoordClient, volume } from "@sluice/rpc";
import { EmbeddedTaskQueue } from "@sluice/task-queue";
import { silentTelemetry } from "@sluice/telemetry";

// Every method of every port that processes of a cluster open for each other, with no, a wrong and the right secret.

const internalSecret = "the secret of this cluster";
const cleanup = new AsyncDisposableStack();
type Role = "rootcoord" | "datacoord" | "querynode";
const addresses: Record<Role, string> = { rootcoord: "", datacoord: "", querynode: "" };

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), "sluice-ports-"));
  cleanup.defer(() => rm(folder, { recursive: true, force: true }));
  const metastore = cleanup.use(new MemoryMetaStore());
  const objects = cleanup.use(await openObjectStore({ kind: "local", options: { root: folder } }));
  const queue = cleanup.use(new EmbeddedTaskQueue());
  const sources = cleanup.use(
    await openSources([{ name: "files", isDefault: true, kind: "local", options: { roots: [folder] } }]),
  );
  const peers = { address: (role: Role) => async () => addresses[role] };
  const brought = () => broughtSources({}, []);
  const exports = new ExportRoots({ roots: [], secrets: {} });
  const backends = { metastore, objects, queue, sources, brought, exports, peers };
  for (const role of [rootCoordRole, dataCoordRole, queryNodeRole] as readonly AnyRole[]) {
    const defaults = loadSettings(settingsOf(role), { env: {} }).values;
    const settings = { ...defaults, host: "127.0.0.1", port: 0, internalSecret };
    const { address } = cleanup.use(await role.start(settings as never, backends as never, silentTelemetry()));
    addresses[role.name as Role] = address as string;
  }
});
afterAll(() => cleanup.disposeAsync());

const services = [
  ["rootcoord", RootCoordClient, RootCoordClient.service],
  ["rootcoord", volume.VolumeCoordClient, volume.VolumeCoordService],
  ["datacoord", dataCoord.DataCoordClient, dataCoord.DataCoordService],
  ["querynode", queryNode.QueryNodeClient, queryNode.QueryNodeService],
] as const;

/** What empty requests of all methods come to: a StatusError's code, or 0 for any answer. */
async function codesOf(index: number, secret: string | undefined): Promise<Record<string, number>> {
  const [role, Class, definition] = services[index];
  using client = connectPeer(Class as never, addresses[role], { internalSecret: secret });
  const calls = client as unknown as Record<string, (request: object) => Promise<object>>;
  const codes = Object.entries(definition).map(async ([name, { requestDeserialize }]) => {
    const request = requestDeserialize(Buffer.alloc(0)) as object;
    return [
      name,
      await calls[name](request).then(
        () => 0,
        ({ code }) => code,
      ),
    ] as const;
  });
  return Object.fromEntries(await Promise.all(codes));
}

describe.each(services.map(([role, , definition], index) => ({ role, index, methods: Object.keys(definition) })))(
  "the port of the $role ($methods.length methods)",
  ({ index, methods }) => {
    const all = (code: number) => Object.fromEntries(methods.map((name) => [name, code]));

    it("answers no call without the secret, or with another one", async () => {
      expect(await codesOf(index, undefined)).toEqual(all(1400));
      expect(await codesOf(index, `${internalSecret}!`)).toEqual(all(1400));
    });

    it("answers every call with it", async () => {
      expect(await codesOf(index, internalSecret)).toEqual(all(0));
    });
  },
);
