import { afterAll, beforeAll, expect, it } from "@jest/globals";
import {
  bookCollection,
  books,
  describeWith,
  jsonText,
  TestBackends,
  TestClient,
  TestCluster,
  useRest,
} from "../support/index.ts";
import { callS3, elements, type Grant } from "./s3-client.ts";

const LIMIT_MS = 120_000;

describeWith(
  "etcd",
  "redis-server",
  "weed",
)("stages of a cluster", () => {
  const cleanup = new AsyncDisposableStack();
  let cluster: TestCluster;

  beforeAll(async () => {
    const backends = cleanup.use(await TestBackends.start());
    cluster = cleanup.use(await TestCluster.start(backends, { counts: { rootcoord: 2, proxy: 2 } }));
  }, LIMIT_MS);
  afterAll(() => cleanup.disposeAsync(), LIMIT_MS);

  it(
    "take an upload over two proxies and two rootcoords, of which one is killed midway, and are imported",
    async () => {
      const [one, two] = cluster.of("proxy").map(({ address }) => address);
      const call = async (path: string, body: object) => {
        const response = await fetch(`http://${one}${path}`, { method: "POST", body: JSON.stringify(body) });
        return ((await response.json()) as { readonly data: Grant }).data;
      };
      await call("/v2/volumes/create", { volumeName: "v" });
      const grant = await call("/v2/volumes/apply", { volumeName: "v", path: "in/" });
      const through = (endpoint: string) => ({ ...grant, endpoint });
      const key = `${grant.volumePrefix}in/rows.json`;
      const begun = await callS3(through(one), { method: "POST", key, query: { uploads: "" } });
      const [uploadId] = elements(begun.body, "UploadId");
      const text = Buffer.from(jsonText(books(3000)));
      const put = (endpoint: string, number: number, body: Uint8Array) =>
        callS3(through(endpoint), { method: "PUT", key, query: { partNumber: String(number), uploadId }, body });
      const first = await put(one, 1, text.subarray(0, 50_000));
      await cluster.of("rootcoord")[0].kill9();
      const second = await put(two, 2, text.subarray(50_000));
      const list = [first, second].map(
        ({ headers }, i) => `<Part><PartNumber>${i + 1}</PartNumber><ETag>${headers.etag}</ETag></Part>`,
      );
      const body = `<CompleteMultipartUpload>${list.join("")}</CompleteMultipartUpload>`;
      expect((await callS3(through(two), { method: "POST", key, query: { uploadId }, body })).status).toBe(200);

      using client = new TestClient(two);
      await client.createCollection(bookCollection("books"));
      const job = await useRest({ url: `http://${two}` }).run({
        collectionName: "books",
        stageName: "v",
        dataPaths: [["in/"]],
      });
      expect(job).toMatchObject({ state: "Completed", importedRows: 3000 });
      expect(await client.count("books")).toBe(3000);
      const read = await fetch(`http://${one}/v2/volumes/v/files/in/rows.json`);
      expect(Buffer.from(await read.arrayBuffer()).equals(text)).toBe(true);
    },
    LIMIT_MS,
  );
});
