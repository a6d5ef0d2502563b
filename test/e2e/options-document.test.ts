import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, useRest, useServer } from "../support/index.ts";

const fixture = useServer();

const { post, run } = useRest(fixture);

describe("the options document over REST", () => {
  it("names files, each with a mapping of its own, as an object or as text", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("document"));
    const rows = books(20);
    const moved = books(10, 100n).map(({ id, ...rest }) => ({ ...rest, key: { n: id } }));
    const [plain] = await files.jsonl("document-plain.jsonl", rows);
    const [other] = await files.jsonl("document-moved.jsonl", moved);
    const external_data = {
      target_collection: "document",
      chunks: [
        { files: [{ path: plain }] },
        { files: [{ path: other, type: "row_based", fields_mapping: { "key.n": "id" } }] },
      ],
    };
    const body = { collectionName: "document", options: { options: { external_data, timeout: "1h" } } };
    expect(await run(body)).toMatchObject({ state: "Completed", importedRows: 30 });
    expect(await client.count("document")).toBe(30);
    const asText = { collectionName: "document", options: { options: JSON.stringify({ external_data }) } };
    expect(await run(asText)).toMatchObject({ state: "Completed", importedRows: 30 });
    expect(await run({ collectionName: "document", options: { external_data } })).toMatchObject({ state: "Completed" });
  });

  it("names a preset: one that is known, an object, or a file", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("presets"));
    const rows = books(5).map(({ id, vector, ...rest }) => ({ ...rest, doc: { id }, emb: vector, junk: 1 }));
    const [file] = await files.jsonl("presets.jsonl", rows);
    const preset = { fields_mapping: { "doc.id": "$id", emb: "$vector", junk: null } };
    const path = await files.write("own-preset.json", JSON.stringify(preset));
    for (const given of [preset, JSON.stringify(preset), path]) {
      const job = await run({ collectionName: "presets", files: [[file]], options: { options: { preset: given } } });
      expect(job).toMatchObject({ state: "Completed", importedRows: 5 });
    }
    const unknown = { collectionName: "presets", files: [[file]], options: { preset: "pinecne" } };
    expect((await post("create", unknown)).message).toContain("did you mean 'pinecone'?");
    const missing = { collectionName: "presets", files: [[file]], options: { preset: "none.json" } };
    expect((await post("create", missing)).message).toContain("does not exist");
  });

  it("is refused with the path of the key", async () => {
    const { client, files } = fixture;
    await client.createCollection(bookCollection("document_bad"));
    const [file] = await files.jsonl("document-bad.jsonl", books(1));
    const refusal = async (external_data: object, more: object = {}) =>
      (await post("create", { collectionName: "document_bad", ...more, options: { external_data } })).message;
    const chunks = (...files: object[]) => ({ chunks: [{ files }] });
    expect(await refusal(chunks({ path: file, typ: "x" }))).toContain("options.external_data.chunks[0].files[0].typ");
    expect(await refusal(chunks({ path: file, fields_mapping: { a: "none" } }))).toMatch(
      /options\.external_data\.chunks\[0\]\.files\[0\]: .*there is no field 'none'/,
    );
    expect(await refusal(chunks({ path: "a.npy", type: "row_based" }))).toContain("files[0].type: ");
    expect(await refusal(chunks({ path: file }), { files: [[file]] })).toContain("the request names files too");
    expect(await refusal({ target_collection: "other", ...chunks({ path: file }) })).toContain("'other'");
    expect(await refusal({})).toContain("import request is empty");
  });

  it("a key that stands twice in a body is refused", async () => {
    const text = '{"collectionName":"document","files":[["x.json"]],"options":{"timeout":"1s","timeout":"2s"}}';
    const answer = await fetch(`${fixture.url}/v2/vectordb/jobs/import/create`, { method: "POST", body: text });
    expect(await answer.json()).toMatchObject({ message: expect.stringContaining("options.timeout is given twice") });
  });

  it("has a JSON Schema", async () => {
    const answer = await fetch(`${fixture.url}/v2/vectordb/jobs/import/options.schema.json`);
    const schema = (await answer.json()) as { properties: object };
    expect(Object.keys(schema.properties)).toEqual(
      expect.arrayContaining(["external_data", "fields_mapping", "timeout"]),
    );
  });
});
