import { describe, expect, it } from "@jest/globals";
import { RefusedError, RestClient } from "../page/api/rest-client.ts";
import { EventParser, eventsOf } from "../page/api/server-events.ts";

function clientOf(answer: Response, token?: string) {
  const calls: { readonly path: string; readonly init: RequestInit }[] = [];
  let unknown = 0;
  const client = new RestClient({
    ...{ token: () => token, database: () => "shop", onUnknownCaller: () => unknown++ },
    fetch: async (path, init = {}) => {
      calls.push({ path: String(path), init });
      return answer;
    },
  });
  return { client, calls, unknown: () => unknown };
}

describe("the client of REST", () => {
  it("asks in the database, as who has logged in", async () => {
    const { client, calls } = clientOf(Response.json({ code: 0, data: [1] }), "ann:secret");
    expect(await client.post("collections/list", { x: 1 })).toEqual([1]);
    expect(calls[0].path).toBe("/v2/vectordb/collections/list");
    expect(calls[0].init.body).toBe('{"dbName":"shop","x":1}');
    expect(calls[0].init.headers).toMatchObject({ authorization: "Bearer ann:secret" });
  });

  it("says what the server says of what it refuses", async () => {
    const { client, unknown } = clientOf(Response.json({ code: 100, message: "can't find collection" }));
    await expect(client.post("x")).rejects.toThrow(new RefusedError(100, "can't find collection"));
    expect(unknown()).toBe(0);
  });

  it("tells of a caller that is not known", async () => {
    const { client, unknown } = clientOf(Response.json({ code: 1800, message: "who?" }, { status: 401 }));
    await expect(client.post("x")).rejects.toThrow("who?");
    expect(unknown()).toBe(1);
  });

  it("takes an answer in JSON for a refusal where a file was asked for", async () => {
    expect(await (await clientOf(new Response("rows")).client.file("x", {})).text()).toBe("rows");
    const { client } = clientOf(Response.json({ code: 5, message: "no rows" }));
    await expect(client.file("x", {})).rejects.toThrow("no rows");
  });
});

describe("server-sent events", () => {
  const text =
    'retry: 2000\n\n: still here\n\nevent: job\ndata: {"a":1}\n\nevent: end\r\ndata: x\r\ndata: y\r\n\r\ndata:z\n\n';
  const told = [
    { event: "job", data: '{"a":1}' },
    { event: "end", data: "x\ny" },
    { event: "message", data: "z" },
  ];

  it("are the same however they are cut", () => {
    for (let cut = 0; cut <= text.length; cut++) {
      const parser = new EventParser();
      expect([...parser.push(text.slice(0, cut)), ...parser.push(text.slice(cut))]).toEqual(told);
    }
  });

  it("come out of bytes that are cut within a character", async () => {
    const bytes = new TextEncoder().encode("data: é\n\n");
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await Array.fromAsync(eventsOf(stream))).toEqual([{ event: "message", data: "é" }]);
  });
});
