import { afterEach, beforeEach, expect, it } from "@jest/globals";
import { cells, longs } from "@sluice/columns/testing";
import { StatusError } from "@sluice/errors";
import { AllowedEndpoints } from "@sluice/object-store";
import { type Handlers, milvus, okStatus, openGrpcServer, type schema, served } from "@sluice/rpc";
import { DataType } from "@sluice/schema";
import { collection, field } from "@sluice/schema/testing";
import { insertRows, MilvusPeer, peerPlaceOf } from "../src/index.ts";

let cleanup: AsyncDisposableStack;
beforeEach(() => {
  cleanup = new AsyncDisposableStack();
});
afterEach(() => cleanup.disposeAsync());

const of = collection([field("id", DataType.Int64, { isPrimaryKey: true }), field("text", DataType.VarChar)]);
const rows = { columns: [longs(1n, 2n, -3n, 4n), cells("a", "b", "c", "d")], rowCount: 4 };

/** A peer that has these keys, and takes rows as it is told. */
async function peerWith(there: bigint[], onInsert: (request: milvus.InsertRequest) => void) {
  const handlers: Partial<Handlers<milvus.MilvusServiceServer>> = {
    query: ({ expr }) => {
      const keys = [...expr.matchAll(/-?\d+/g)].map(([text]) => BigInt(text)).filter((key) => there.includes(key));
      const longData = { $case: "longData" as const, value: { data: keys } };
      const type = DataType.Int64 as number as schema.DataType;
      const id = { type, fieldName: "id", field: { $case: "scalars" as const, value: { data: longData } } };
      return milvus.QueryResults.fromPartial({ status: okStatus(), fieldsData: [id] });
    },
    insert: (request) => {
      onInsert(request);
      return milvus.MutationResult.fromPartial({ status: okStatus() });
    },
  };
  const services = [served<milvus.MilvusServiceServer>(milvus.MilvusServiceService, handlers)];
  const server = cleanup.use(openGrpcServer({ services, stopMs: 10 }));
  const allowed = new AllowedEndpoints(["127.0.0.1/32"]);
  const { place } = peerPlaceOf({ address: await server.listen("127.0.0.1", 0) }, allowed);
  return cleanup.use(new MilvusPeer(place, undefined, 1 << 20));
}

const textsOf = ({ fieldsData }: milvus.InsertRequest) => {
  const data = fieldsData[1].field?.$case === "scalars" ? fieldsData[1].field.value.data : undefined;
  return data?.$case === "stringData" ? data.value.data : [];
};

it.each<[what: string, there: bigint[], mayBeThere: boolean, sent: string[][]]>([
  ["all rows", [], true, [["a", "b", "c", "d"]]],
  ["rows that are not there, where some may be", [2n, -3n], true, [["a", "d"]]],
  ["nothing where all are there", [1n, 2n, -3n, 4n], true, []],
  ["all of a first attempt, without a question", [2n], false, [["a", "b", "c", "d"]]],
])("sends %s", async (_, there, mayBeThere, sent) => {
  const inserted: string[][] = [];
  const peer = await peerWith(there, (request) => inserted.push(textsOf(request)));
  const { signal } = new AbortController();
  await insertRows(peer, { collectionName: "c", partitionName: "", schema: of }, rows, { mayBeThere, signal });
  expect(inserted).toEqual(sent);
});

it("sends rows again that a busy peer has refused", async () => {
  let calls = 0;
  const peer = await peerWith([], () => {
    if (++calls === 1) throw new StatusError(8, "rate limit exceeded");
  });
  const { signal } = new AbortController();
  await insertRows(peer, { collectionName: "c", partitionName: "", schema: of }, rows, { mayBeThere: false, signal });
  expect(calls).toBe(2);
});
