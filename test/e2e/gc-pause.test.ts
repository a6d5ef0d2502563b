import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "@jest/globals";
import { milvus } from "@sluice/rpc";
import { bookCollection, books, eventually, segmentsIn, storedKeys, useServer } from "../support/index.ts";

// What milvus-backup asks of a Milvus before it copies files. By GET; it knows a refusal by the status of HTTP.

const settings = { compactionInterval: "0s", readerGrace: "100ms", gcGrace: "100ms", gcInterval: "100ms" };
const base = "/management/datacoord/garbage_collection";

describe("while garbage collection is paused", () => {
  const fixture = useServer(settings);
  const ask = async (path: string, headers: Record<string, string> = {}) => {
    const response = await fetch(`${fixture.url}${base}/${path}`, { headers });
    return { status: response.status, body: (await response.json()) as { msg: string; ticket?: string } };
  };
  const segmentsStored = async () => segmentsIn(await storedKeys(fixture.dataDir)).length;

  it("segments that were merged into others stay in storage, and go when it is resumed", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("books"));
    for (let i = 0; i < 3; i++)
      await client.importAndWait("books", await files.jsonl(`books-${i}.jsonl`, books(2, BigInt(2 * i))));
    const { status, body } = await ask("pause?pause_seconds=3600&collection_id=0");
    expect({ status, body }).toEqual({ status: 200, body: { msg: "OK", ticket: expect.stringMatching(/./) } });
    await client.raw.manualCompaction(milvus.ManualCompactionRequest.fromPartial({ collectionName: "books" }));
    await eventually(async () => expect((await client.segments("books")).length).toBe(1));
    await sleep(800);
    expect(await segmentsStored()).toBe(4);
    expect(await ask("resume")).toEqual({ status: 200, body: { msg: "OK" } });
    await eventually(async () => expect(await segmentsStored()).toBe(1));
  });

  it.each(["", "?pause_seconds=0", "?pause_seconds=86401", "?pause_seconds=1h", "?pause_seconds=-1"])(
    "a pause of unknown or endless length is refused: %s",
    async (query) => {
      const { status, body } = await ask(`pause${query}`);
      expect({ status, ...body }).toEqual({
        status: 400,
        msg: expect.stringMatching(/^failed to pause garbage collection, pause_seconds: expected 1 to 86400, found '/),
      });
    },
  );

  it("pages of other sites neither pause nor resume it", async () => {
    for (const path of ["pause?pause_seconds=5", "resume"])
      expect(await ask(path, { "sec-fetch-site": "cross-site" })).toMatchObject({ status: 403 });
  });
});

describe("where users are asked for", () => {
  const fixture = useServer({ authorizationEnabled: true });

  it("the password of root in the address pauses it, and nobody else does", async () => {
    const ask = async (authorization?: string) => {
      const headers = { ...(authorization && { authorization }) };
      return (await fetch(`${fixture.url}${base}/pause?pause_seconds=5`, { headers })).status;
    };
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    expect([await ask(), await ask(basic("root:wrong")), await ask(basic("root:Milvus"))]).toEqual([401, 401, 200]);
  });
});
