import { beforeAll, describe, expect, it } from "@jest/globals";
import { checkStatus, common, milvus, schema } from "@sluice/rpc";
import { DataType, sessionTimestamp } from "@sluice/schema";
import { type FieldSpec, rowsOf, useServer } from "../support/index.ts";

// Every answer is compared with a model that goes through all rows.

const fixture = useServer();
const DIM = 8;
const ROWS = 400;

/** Small integers: many rows are equally near, so that ties are decided by key. */
let seed = 7;
const next = (limit: number) => {
  seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
  return Math.floor((seed / 2 ** 32) * limit);
};
const vectorOf = () => Array.from({ length: DIM }, () => next(5) - 2);

interface Book {
  readonly id: number;
  readonly year: number;
  readonly genre: string;
  readonly f32: readonly number[];
  readonly bits: readonly number[];
  readonly sparse: Readonly<Record<string, number>>;
}
const rows: Book[] = Array.from({ length: ROWS }, (_, id) => ({
  id,
  year: 1900 + next(100),
  genre: ["novel", "poem", "essay"][next(3)],
  f32: vectorOf(),
  bits: [next(256)],
  sparse: { [next(6)]: 1 + next(3), [6 + next(6)]: 1 + next(3) },
}));

const fields: FieldSpec[] = [
  { name: "id", type: DataType.Int64, key: true },
  { name: "year", type: DataType.Int64 },
  { name: "genre", type: DataType.VarChar, maxLength: 20 },
  { name: "f32", type: DataType.FloatVector, dim: DIM },
  { name: "f16", type: DataType.Float16Vector, dim: DIM },
  { name: "bf16", type: DataType.BFloat16Vector, dim: DIM },
  { name: "i8", type: DataType.Int8Vector, dim: DIM },
  { name: "bits", type: DataType.BinaryVector, dim: 8 },
  { name: "sparse", type: DataType.SparseFloatVector },
];

beforeAll(async () => {
  const { client, files } = fixture;
  await client.createCollection({ name: "books", fields, shards: 2 });
  const all = rows.map((row) => ({ ...row, f16: row.f32, bf16: row.f32, i8: row.f32 }));
  // Two imports: hits come from several segments.
  await client.importAndWait("books", await files.jsonl("search-1.jsonl", all.slice(0, 250)));
  await client.importAndWait("books", await files.jsonl("search-2.jsonl", all.slice(250)));
});

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, i) => sum + x * b[i], 0);
const norm = (a: readonly number[]) => Math.sqrt(dot(a, a));
const bitsOf = (a: number) => a.toString(2).replaceAll("0", "").length;
const scoreOf: Readonly<Record<string, (a: readonly number[], b: readonly number[]) => number>> = {
  L2: (a, b) => a.reduce((sum, x, i) => sum + (x - b[i]) ** 2, 0),
  IP: dot,
  COSINE: (a, b) => (norm(a) * norm(b) === 0 ? 0 : dot(a, b) / (norm(a) * norm(b))),
  HAMMING: ([a], [b]) => bitsOf(a ^ b),
  JACCARD: ([a], [b]) => ((a | b) === 0 ? 1 : 1 - bitsOf(a & b) / bitsOf(a | b)),
};
const isDistance = (metric: string) => ["L2", "HAMMING", "JACCARD"].includes(metric);

interface Hit {
  readonly id: number;
  readonly score: number;
}

function nearest(of: readonly Book[], score: (row: Book) => number | undefined, metric: string): Hit[] {
  const sign = isDistance(metric) ? 1 : -1;
  return of
    .flatMap((row) => {
      const value = score(row);
      return value === undefined ? [] : [{ id: row.id, score: Math.fround(value) }];
    })
    .sort((a, b) => (a.score - b.score) * sign || a.id - b.id);
}

const floatBytes = (vector: readonly number[]) => Buffer.from(Float32Array.from(vector).buffer);

function placeholders(type: number, values: readonly Buffer[]): Buffer {
  const placeholder = { tag: "$0", type: type as common.PlaceholderType, values: [...values] };
  return Buffer.from(
    common.PlaceholderGroup.encode(common.PlaceholderGroup.fromPartial({ placeholders: [placeholder] })).finish(),
  );
}

const pairs = (values: Readonly<Record<string, unknown>>) =>
  Object.entries(values).map(([key, value]) => ({
    key,
    value: typeof value === "string" ? value : JSON.stringify(value),
  }));

function requestOf(group: Buffer, params: object, more: object = {}): milvus.SearchRequest {
  return milvus.SearchRequest.fromPartial({
    collectionName: "books",
    searchInput: { $case: "placeholderGroup", value: group },
    searchParams: pairs({ topk: 10, ...params }),
    ...more,
  });
}

function hitsOf({ status, results }: milvus.SearchResults): Hit[][] {
  checkStatus(status);
  const ids = (results?.ids?.idField?.value.data ?? []) as bigint[];
  let at = 0;
  return (results?.topks ?? []).map((count) => {
    const part = Array.from({ length: Number(count) }, (_, i) => ({
      id: Number(ids[at + i]),
      score: results?.scores[at + i] ?? Number.NaN,
    }));
    at += Number(count);
    return part;
  });
}

const search = async (request: milvus.SearchRequest) => fixture.client.raw.search(request);
const floats = (queries: readonly (readonly number[])[], params: object, more: object = {}) =>
  search(requestOf(placeholders(101, queries.map(floatBytes)), params, more));
const refusal = async (answer: Promise<milvus.SearchResults>) => (await answer).status?.reason;

/** Another index, by another metric. */
async function indexBy(fieldName: string, metric: string): Promise<void> {
  const { raw } = fixture.client;
  const about = { collectionName: "books" };
  checkStatus(await raw.releaseCollection(milvus.ReleaseCollectionRequest.fromPartial(about)));
  const { indexDescriptions } = await raw.describeIndex(
    milvus.DescribeIndexRequest.fromPartial({ ...about, fieldName }),
  );
  for (const { indexName } of indexDescriptions)
    checkStatus(await raw.dropIndex(milvus.DropIndexRequest.fromPartial({ ...about, fieldName, indexName })));
  const extraParams = pairs({ index_type: "AUTOINDEX", metric_type: metric });
  checkStatus(await raw.createIndex(milvus.CreateIndexRequest.fromPartial({ ...about, fieldName, extraParams })));
  checkStatus(await raw.loadCollection(milvus.LoadCollectionRequest.fromPartial(about)));
}

describe("search", () => {
  const metrics = ["L2", "IP", "COSINE"];
  const cases = ["f32", "f16", "bf16", "i8"].flatMap((field) => metrics.map((metric) => [field, metric] as const));
  it.each(cases)("%s by %s: scores, order and ties of every query vector", async (field, metric) => {
    await indexBy(field, metric);
    const queries = Array.from({ length: 5 }, vectorOf);
    const type = field === "i8" ? 105 : 101;
    const cells = queries.map((query) =>
      field === "i8" ? Buffer.from(Int8Array.from(query).buffer) : floatBytes(query),
    );
    const answer = await search(
      requestOf(placeholders(type, cells), { anns_field: field, metric_type: metric, topk: 30 }),
    );
    const expected = queries.map((query) =>
      nearest(rows, (row) => scoreOf[metric](row.f32, query), metric).slice(0, 30),
    );
    expect(hitsOf(answer)).toEqual(expected);
  });

  it.each(["HAMMING", "JACCARD"])("binary vectors by %s", async (metric) => {
    await indexBy("bits", metric);
    const answer = await search(
      requestOf(placeholders(100, [Buffer.from([0b10110])]), { anns_field: "bits", metric_type: metric }),
    );
    const expected = nearest(rows, (row) => scoreOf[metric](row.bits, [0b10110]), metric).slice(0, 10);
    expect(hitsOf(answer)).toEqual([expected]);
  });

  it("sparse vectors by IP, without rows that share no index", async () => {
    const cell = Buffer.alloc(16);
    for (const [i, [index, value]] of [
      [8, 0.5],
      [2, 2],
    ].entries()) {
      cell.writeUInt32LE(index, 8 * i);
      cell.writeFloatLE(value, 8 * i + 4);
    }
    const answer = await search(requestOf(placeholders(104, [cell]), { anns_field: "sparse", topk: 1000 }));
    const score = ({ sparse }: Book) =>
      "2" in sparse || "8" in sparse ? (sparse[2] ?? 0) * 2 + (sparse[8] ?? 0) * 0.5 : undefined;
    expect(hitsOf(answer)).toEqual([nearest(rows, score, "IP")]);
  });

  it("rounded, before ties are decided", async () => {
    const cosine = { anns_field: "f32", metric_type: "COSINE", topk: 20, round_decimal: 1 };
    const rounded = nearest(rows, (row) => Math.round(scoreOf.COSINE(row.f32, query) * 10) / 10, "COSINE").slice(0, 20);
    expect(hitsOf(await floats([query], cosine))[0].map(({ id }) => id)).toEqual(rounded.map(({ id }) => id));
    await indexBy("f32", "L2");
    await indexBy("bits", "HAMMING");
  });

  const query = [1, 0, -1, 2, 0, 1, -2, 1];
  const near = (of: readonly Book[] = rows) => nearest(of, (row) => scoreOf.L2(row.f32, query), "L2");
  const l2 = { anns_field: "f32", metric_type: "L2" };

  it("with a filter, an offset, output fields and templates", async () => {
    const answer = await floats(
      [query],
      { ...l2, offset: 5 },
      {
        ...{ dsl: "year > {from} and genre != 'poem'", outputFields: ["genre", "f16", "id"] },
        exprTemplateValues: { from: { val: { $case: "int64Val", value: 1950n } } },
      },
    );
    const expected = near(rows.filter(({ year, genre }) => year > 1950 && genre !== "poem")).slice(5, 15);
    expect(hitsOf(answer)).toEqual([expected]);
    const found = rowsOf(answer.results?.fieldsData ?? []);
    expect(found.map(({ id, genre }) => [Number(id), genre])).toEqual(expected.map(({ id }) => [id, rows[id].genre]));
    expect(answer.results).toMatchObject({ outputFields: ["genre", "f16", "id"], primaryFieldName: "id", topK: 10n });
  });

  it("within a range, and of nothing", async () => {
    const range = await floats([query], { ...l2, topk: 1000, params: { radius: 20, range_filter: 12 } });
    expect(hitsOf(range)).toEqual([near().filter(({ score }) => score < 20 && score >= 12)]);
    const none = await floats([query], l2, { dsl: "year > 3000", outputFields: ["genre"] });
    expect(hitsOf(none)).toEqual([[]]);
    expect(none.results?.fieldsData).toMatchObject([{ fieldName: "genre" }]);
  });

  it("grouped by a field", async () => {
    const answer = await floats([query], { ...l2, topk: 3, group_by_field: "genre", group_size: 2 });
    const groups = new Map<string, Hit[]>();
    for (const hit of near()) {
      const members = groups.get(rows[hit.id].genre) ?? [];
      groups.set(rows[hit.id].genre, members.length < 2 ? [...members, hit] : members);
    }
    expect(hitsOf(answer)).toEqual([[...groups.values()].flat()]);
    const values = rowsOf(answer.results?.groupByFieldValue ? [answer.results.groupByFieldValue] : []);
    expect(values.map(({ genre }) => genre)).toEqual([...groups.keys()].flatMap((genre) => [genre, genre]));
  });

  it("grouped by several fields", async () => {
    const groups = new Map<string, Hit[]>();
    for (const hit of near()) {
      const key = `${rows[hit.id].year} ${rows[hit.id].genre}`;
      const members = groups.get(key);
      if (members && members.length < 2) members.push(hit);
      else if (!members && groups.size < 40) groups.set(key, [hit]);
    }
    const best = [...groups.values()].flat();
    for (const group_by_fields of ["year, genre", '["year","genre"]', ["year", "genre"]]) {
      const answer = await floats([query], { ...l2, topk: 40, group_by_fields, group_size: 2 });
      expect(hitsOf(answer)).toEqual([best]);
      expect(answer.results?.groupByFieldValue).toBeUndefined();
      const values = rowsOf(answer.results?.groupByFieldValues ?? []);
      expect(values.map(({ year, genre }) => [Number(year), genre])).toEqual(best.map(({ id }) => [rows[id].year, rows[id].genre])); // biome-ignore format: one fact
    }
    const one = await floats([query], { ...l2, topk: 3, group_by_fields: '["genre"]', group_size: 2 });
    expect(one.results).toEqual((await floats([query], { ...l2, topk: 3, group_by_field: "genre", group_size: 2 })).results); // biome-ignore format: one fact
  });

  it("by the keys of rows instead of vectors", async () => {
    const ids = schema.IDs.fromPartial({ idField: { $case: "intId", value: { data: [7n, 3n] } } });
    const request = requestOf(Buffer.alloc(0), l2, { searchInput: { $case: "ids", value: ids } });
    const expected = [7, 3].map((id) => nearest(rows, (row) => scoreOf.L2(row.f32, rows[id].f32), "L2").slice(0, 10));
    expect(hitsOf(await search(request))).toEqual(expected);
    const missing = schema.IDs.fromPartial({ idField: { $case: "intId", value: { data: [7n, 9999n] } } });
    expect(await refusal(search({ ...request, searchInput: { $case: "ids", value: missing } }))).toContain(
      "some of the provided primary key IDs do not exist: missing IDs = [9999]",
    );
  });

  it("an iterator gives every hit once, however many are equally near", async () => {
    const found: Hit[] = [];
    let page: schema.SearchIteratorV2Results | undefined;
    do {
      const params = {
        ...{ ...l2, iterator: "True", search_iter_v2: "True", search_iter_batch_size: 37 },
        ...(page && { search_iter_id: page.token, search_iter_last_bound: String(page.lastBound) }),
      };
      const answer = await floats([query], params);
      expect(answer.sessionTs).toBeGreaterThan(0n);
      const [hits] = hitsOf(answer);
      page = answer.results?.searchIteratorV2Results;
      expect(page?.token).toMatch(/^[0-9a-f-]{36}$/);
      if (hits.length === 0) break;
      found.push(...hits);
    } while (found.length <= ROWS);
    expect(found).toEqual(near());
  });

  it("an iterator gives a key that was inserted again once, with its best score", async () => {
    const { client, files } = fixture;
    const again = { name: "again", fields: [fields[0], fields[1], fields[3]] };
    await client.createCollection(again);
    const written = Array.from({ length: 3 }, () =>
      Array.from({ length: 60 }, (_, id) => ({ id, year: next(4), f32: vectorOf() })),
    );
    for (const [i, part] of written.entries())
      await client.importAndWait("again", await files.jsonl(`again-${i}.jsonl`, part));
    await client.importAndWait("again", await files.jsonl("again-7.jsonl", [{ id: 7, year: 0, f32: query }]));
    written.push([{ id: 7, year: 0, f32: [...query] }]);

    for (const dsl of ["", "year < 2", "year == 3"]) {
      const passing = written.flat().filter(({ year }) => dsl === "" || (dsl === "year < 2" ? year < 2 : year === 3));
      const best = new Map<number, number>();
      for (const { id, f32 } of passing)
        best.set(id, Math.min(best.get(id) ?? Number.POSITIVE_INFINITY, scoreOf.L2(f32, query)));
      const expected = [...best].map(([id, score]) => ({ id, score }));
      expected.sort((a, b) => a.score - b.score || a.id - b.id);
      const found: Hit[] = [];
      let page: schema.SearchIteratorV2Results | undefined;
      for (;;) {
        const params = {
          ...{ ...l2, topk: 7, iterator: "True", search_iter_v2: "True", search_iter_batch_size: 7 },
          ...(page && { search_iter_id: page.token, search_iter_last_bound: String(page.lastBound) }),
        };
        const answer = await floats([query], params, { collectionName: "again", dsl });
        const [hits = []] = hitsOf(answer);
        page = answer.results?.searchIteratorV2Results;
        if (hits.length === 0) break;
        found.push(...hits);
      }
      expect(found).toEqual(expected);
    }
  });

  it("the moment of an iterator is told to who asks for its first page, and the others are of it", async () => {
    const at = async (params: object, guaranteeTimestamp: bigint) => {
      const asked = requestOf(placeholders(101, [floatBytes(query)]), { ...l2, ...params }, { guaranteeTimestamp });
      const answer = await search(asked);
      return [hitsOf(answer)[0].length, answer.sessionTs > 0n];
    };
    const beforeAll = sessionTimestamp(1n << 40n);
    expect(await at({ iterator: "True" }, 0n)).toEqual([10, true]);
    expect(await at({ iterator: "True" }, beforeAll)).toEqual([0, false]);
    expect(await at({}, beforeAll)).toEqual([10, false]);
    // The time of a client's last write, which pymilvus 2.4 sends with its iterators: others have written since.
    expect(await at({ iterator: "True" }, 1n << 40n)).toEqual([10, true]);
  });

  it("several searches ranked together: rrf and weighted", async () => {
    const first = requestOf(placeholders(101, [floatBytes(query)]), { ...l2, topk: 50 });
    const second = requestOf(placeholders(100, [Buffer.from([5])]), {
      anns_field: "bits",
      metric_type: "HAMMING",
      topk: 50,
    });
    const lists = [near().slice(0, 50), nearest(rows, (row) => scoreOf.HAMMING(row.bits, [5]), "HAMMING").slice(0, 50)];
    const ranked = (worth: (list: number, rank: number, score: number) => number) => {
      const scores = new Map<number, number>();
      for (const [list, hits] of lists.entries())
        for (const [i, { id, score }] of hits.entries())
          scores.set(id, Math.fround((scores.get(id) ?? 0) + worth(list, i + 1, score)));
      return [...scores].map(([id, score]) => ({ id, score }));
    };
    const hybrid = (rankParams: object) =>
      fixture.client.raw.hybridSearch(
        milvus.HybridSearchRequest.fromPartial({
          collectionName: "books",
          requests: [first, second],
          rankParams: pairs({ limit: 12, ...rankParams }),
        }),
      );
    const descending = (a: Hit, b: Hit) => b.score - a.score || a.id - b.id;
    const rrf = ranked((_list, rank) => 1 / (60 + rank))
      .sort(descending)
      .slice(0, 12);
    expect(hitsOf(await hybrid({ strategy: "rrf" }))).toEqual([rrf]);
    const weights = { weights: [0.7, 0.3], norm_score: false };
    const weighted = ranked((list, _rank, score) => [0.7, 0.3][list] * score);
    weighted.sort((a, b) => a.score - b.score || a.id - b.id);
    expect(hitsOf(await hybrid({ strategy: "weighted", params: weights }))).toEqual([weighted.slice(0, 12)]);
    const byYear = [...rrf].sort((a, b) => rows[b.id].year - rows[a.id].year);
    expect(hitsOf(await hybrid({ strategy: "rrf", order_by_fields: "year:desc" }))).toEqual([byYear]);
    expect((await hybrid({ ignore_growing: "x" })).status?.reason).toContain("parse ignore growing field failed");
    expect((await hybrid({ round_decimal: 7 })).status?.reason).toContain("round_decimal [7] is invalid");
    expect((await hybrid({ group_by_field: "genre" })).status?.reason).toContain("based on binary vector column");
    const many = milvus.HybridSearchRequest.fromPartial({
      ...{ collectionName: "books", requests: Array(1025).fill(first), rankParams: pairs({ limit: 1 }) },
    });
    expect((await fixture.client.raw.hybridSearch(many)).status?.reason).toContain(
      "1025 searches in one hybrid search",
    );
    const refused = await hybrid({ strategy: "model" });
    expect(refused.status?.reason).toContain("unsupported reranker model");
  });

  it("pages of several searches are of all together, also where each one is given the offset, as pymilvus does", async () => {
    const page = async (window: object, params: object) => {
      const requests = [query, query.map((x) => -x)].map((vector) =>
        requestOf(placeholders(101, [floatBytes(vector)]), { anns_field: "f32", metric_type: "L2", ...params }),
      );
      const rankParams = pairs({ strategy: "rrf", ...window });
      const asked = { collectionName: "books", requests, rankParams };
      return hitsOf(await fixture.client.raw.hybridSearch(milvus.HybridSearchRequest.fromPartial(asked)))[0];
    };
    const all = await page({ limit: 40 }, { topk: 20 });
    expect(all).toHaveLength(40);
    const third = all.slice(10, 15);
    expect(await page({ limit: 5, offset: 10 }, { topk: 20 })).toEqual(third);
    expect(await page({ limit: 5, offset: 10 }, { topk: 20, offset: 10 })).toEqual(third);
    expect(await page({ limit: 5, offset: 10 }, { topk: 20, params: { offset: 10 } })).toEqual(third);
    expect(await page({ limit: 5, offset: 15 }, { offset: 15 })).toEqual(all.slice(15, 20));
  });

  it("several searches are grouped together, by the best, the sum or the mean of each group's hits", async () => {
    const other = vectorOf();
    const one = (vector: readonly number[]) => requestOf(placeholders(101, [floatBytes(vector)]), { ...l2, topk: 2 });
    const hybrid = (rankParams: object) =>
      fixture.client.raw.hybridSearch(
        milvus.HybridSearchRequest.fromPartial({
          ...{ collectionName: "books", requests: [one(query), one(other)] },
          rankParams: pairs({ limit: 2, group_by_field: "genre", group_size: 2, ...rankParams }),
        }),
      );
    /** Two groups of two members each, as one search answers them. */
    const listOf = (vector: readonly number[]) => {
      const groups = new Map<string, Hit[]>();
      for (const hit of nearest(rows, (row) => scoreOf.L2(row.f32, vector), "L2")) {
        const members = groups.get(rows[hit.id].genre);
        if (members && members.length < 2) members.push(hit);
        else if (!members && groups.size < 2) groups.set(rows[hit.id].genre, [hit]);
      }
      return [...groups.values()].flat();
    };
    const scores = new Map<number, number>();
    for (const list of [listOf(query), listOf(other)])
      for (const [i, { id }] of list.entries()) scores.set(id, Math.fround((scores.get(id) ?? 0) + 1 / (61 + i)));
    const ranked = [...scores].map(([id, score]) => ({ id, score })).sort((a, b) => b.score - a.score || a.id - b.id);
    const groups = [...Map.groupBy(ranked, ({ id }) => rows[id].genre).values()].map((hits) => hits.slice(0, 2));
    const worth: Record<string, (hits: readonly Hit[]) => number> = {
      max: ([{ score }]) => score,
      sum: (hits) => hits.reduce((all, { score }) => all + score, 0),
      avg: (hits) => hits.reduce((all, { score }) => all + score, 0) / hits.length,
    };
    for (const scorer of ["max", "sum", "avg"]) {
      const best = [...groups].sort((a, b) => worth[scorer](b) - worth[scorer](a));
      const answer = await hybrid({ rank_group_scorer: scorer });
      expect(hitsOf(answer)).toEqual([best.slice(0, 2).flat()]);
      const values = rowsOf(answer.results?.groupByFieldValue ? [answer.results.groupByFieldValue] : []);
      expect(values.map(({ genre }) => genre)).toEqual(best.slice(0, 2).flatMap((hits) => hits.map(({ id }) => rows[id].genre))); // biome-ignore format: one fact
      expect(hitsOf(await hybrid({ rank_group_scorer: scorer, limit: 1, offset: 1 }))).toEqual([best[1]]);
      const named = await hybrid({ rank_group_scorer: scorer, group_by_field: "", group_by_fields: "genre" });
      expect(named.results).toEqual(answer.results);
    }
    expect((await hybrid({ rank_group_scorer: "median" })).status?.reason).toContain("use max, sum or avg");
    expect((await hybrid({ group_by_field: "nope" })).status?.code).toBe(1700);
  });

  it("puts the hits in the order of fields, and those that are equal in it in that of their scores", async () => {
    const queries = [vectorOf(), vectorOf()];
    const l2 = { anns_field: "f32", metric_type: "L2", topk: 40, offset: 3 };
    const found = hitsOf(await floats(queries, l2));
    const genreOf = ({ id }: Hit) => rows[id].genre;
    const compare = (a: Hit, b: Hit) => Number(genreOf(a) > genreOf(b)) - Number(genreOf(a) < genreOf(b));
    const byGenre = found.map((hits) => [...hits].sort(compare));
    expect(byGenre).not.toEqual(found);
    const outputFields = ["genre", "year"];
    const answer = await floats(queries, { ...l2, order_by_fields: "genre" }, { outputFields });
    expect(hitsOf(answer)).toEqual(byGenre);
    const shown = byGenre.flat().map(({ id }) => ({ genre: rows[id].genre, year: BigInt(rows[id].year) }));
    expect(rowsOf(answer.results?.fieldsData ?? [])).toEqual(shown);
    const byYear = found.map((hits) => [...hits].sort((a, b) => compare(a, b) || rows[b.id].year - rows[a.id].year));
    const inParams = { ...l2, params: { order_by_fields: "genre:asc,year:desc" } };
    expect(hitsOf(await floats(queries, inParams))).toEqual(byYear);
    const reason = (more: object) => refusal(floats(queries, { ...l2, ...more }));
    expect(await reason({ order_by_fields: "nope" })).toContain("field nope not exist");
    expect(await reason({ order_by_fields: "f32" })).toContain("unsupported data type");
    expect(await reason({ order_by_fields: "year", iterator: "True" })).toContain("not supported with iterators");
  });

  it("draws a part of the rows of each segment, of those that pass the rest", async () => {
    const found = async (dsl: string) => hitsOf(await floats([query], { ...l2, topk: ROWS }, { dsl }))[0];
    const drawn = await found("random_sample(0.1)");
    // Up to four segments: of each a part of a row may be left out.
    expect(drawn.length).toBeGreaterThan(ROWS * 0.1 - 4);
    expect(drawn.length).toBeLessThanOrEqual(ROWS * 0.1);
    const poems = await found("genre == 'poem' and random_sample(0.5)");
    expect(poems.length).toBeGreaterThan(1);
    expect(poems.every(({ id }) => rows[id].genre === "poem")).toBe(true);
  });

  describe("rankers by decay", () => {
    const decay = { reranker: "decay", function: "gauss", origin: "1950", scale: "20", offset: "5", decay: "0.5" };
    const by = (params: Readonly<Record<string, string>>, inputFieldNames = ["year"]) => ({
      functionScore: {
        functions: [{ name: "by_year", type: 3 as never, inputFieldNames, params: pairs({ ...decay, ...params }) }],
      },
    });
    const curves: Readonly<Record<string, (distance: number) => number>> = {
      gauss: (distance) => Math.exp((distance ** 2 * Math.log(0.5)) / 400),
      exp: (distance) => Math.exp((distance * Math.log(0.5)) / 20),
      linear: (distance) => Math.max(0.5, 1 - (distance * 0.5) / 20),
    };
    const weight = (id: number, name = "gauss") =>
      Math.fround(curves[name](Math.max(0, Math.abs(rows[id].year - 1950) - 5)));
    const near = (score: number) => 1 - (2 * Math.atan(score)) / Math.PI;
    const best = (hits: readonly Hit[], worth: (hit: Hit) => number) =>
      hits
        .map((hit) => ({ id: hit.id, score: Math.fround(Math.fround(worth(hit)) * weight(hit.id)) }))
        .sort((a, b) => b.score - a.score || a.id - b.id);
    const l2Hits = () => nearest(rows, (row) => scoreOf.L2(row.f32, query), "L2");

    it.each(Object.keys(curves))("%s, of the nearest hits", async (name) => {
      const expected = l2Hits()
        .slice(0, 14)
        .map(({ id, score }) => ({ id, score: Math.fround(Math.fround(near(score)) * weight(id, name)) }))
        .sort((a, b) => b.score - a.score || a.id - b.id);
      const found = await floats([query, query], { ...l2, topk: 10, offset: 4 }, by({ function: name }));
      expect(hitsOf(found)).toEqual([expected.slice(4), expected.slice(4)]);
    });

    it("rounded at the end, filtered and ordered as ever", async () => {
      const expected = best(l2Hits().slice(0, 10), ({ score }) => near(score));
      const found = await floats([query], { ...l2, round_decimal: 2 }, by({}));
      const rounded = hitsOf(found)[0];
      expect(rounded.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
      for (const [i, { score }] of rounded.entries()) expect(score).toBeCloseTo(expected[i].score, 2);
      const ordered = await floats([query], { ...l2, order_by_fields: "id" }, by({}));
      expect(hitsOf(ordered)).toEqual([[...expected].sort((a, b) => a.id - b.id)]);
    });

    it.each(["max", "sum", "avg"])("of several searches, whose scores go together by %s", async (mode) => {
      const one = requestOf(placeholders(101, [floatBytes(query)]), { ...l2, topk: 30 });
      const other = requestOf(placeholders(100, [Buffer.from([5])]), {
        ...{ anns_field: "bits", metric_type: "HAMMING", topk: 60 },
      });
      const bits = nearest(rows, (row) => scoreOf.HAMMING(row.bits, [5]), "HAMMING").slice(0, 60);
      const worths = new Map<number, number[]>();
      for (const { id, score } of [...l2Hits().slice(0, 30), ...bits])
        worths.set(id, [...(worths.get(id) ?? []), near(score)]);
      const sum = (all: readonly number[]) => all.reduce((so, one) => Math.fround(so + one), 0);
      const merged = (all: readonly number[]) =>
        mode === "max" ? Math.max(...all) : sum(all) / (mode === "avg" ? all.length : 1);
      const hits = [...worths].map(([id, all]) => ({ id, score: merged(all) }));
      const found = await fixture.client.raw.hybridSearch(
        milvus.HybridSearchRequest.fromPartial({
          ...{ collectionName: "books", requests: [one, other], rankParams: pairs({ limit: 12, offset: 3 }) },
          ...by({ score_mode: mode }),
        }),
      );
      expect(hitsOf(found)).toEqual([best(hits, ({ score }) => score).slice(3, 15)]);
    });

    it.each<[params: Readonly<Record<string, string>>, fields: string[], reason: string]>([
      [{ scale: "0" }, ["year"], "decay function param: scale must > 0, but got 0"],
      [{ offset: "-1" }, ["year"], "decay function param: offset must >= 0, but got -1"],
      [{ decay: "1" }, ["year"], "decay function param: decay must 0 < decay < 1, but got 1"],
      [{ origin: "x" }, ["year"], "param origin:x is not a number"],
      [{ function: "cubic" }, ["year"], "invalid decay function: cubic, only support [gauss,exp,linear]"],
      [{ score_mode: "min" }, ["year"], "unsupported score mode: [min], only supports: [max, sum, avg]"],
      [{ norm_score: "1" }, ["year"], "param norm_score:1 must be true/false"],
      [{}, [], "decay function only supports single input, but gets []"],
      [{}, ["nope"], "function input field not found: nope"],
      [{}, ["genre"], "decay rerank: unsupported input field type:VarChar, only support numeric field"],
    ])("refuses %j of %j", async (params, inputs, reason) => {
      expect(await refusal(floats([query], l2, by(params, inputs)))).toContain(reason);
    });

    it("refuses groups and iterators", async () => {
      const reason = (more: object) => refusal(floats([query], { ...l2, ...more }, by({})));
      expect(await reason({ group_by_field: "genre" })).toContain("not supported with group_by_field");
      expect(await reason({ iterator: "True", search_iter_v2: "True", search_iter_batch_size: 5 })).toContain(
        "not supported with iterators",
      );
    });
  });

  describe("rankers that boost", () => {
    const boost = (params: Readonly<Record<string, string>>) => ({
      ...{ name: "boost", type: 3 as never, inputFieldNames: [] },
      params: pairs({ reranker: "boost", ...params }),
    });
    const by = (functions: object[], params: Readonly<Record<string, string>> = {}) => ({
      functionScore: { functions: functions as never, params: pairs(params) },
    });
    const poem = boost({ filter: "genre == 'poem'", weight: "0.5" });
    const l2Hits = (count: number) => nearest(rows, (row) => scoreOf.L2(row.f32, query), "L2").slice(0, count);
    const better = (a: Hit, b: Hit) => a.score - b.score || a.id - b.id;
    const expected = (count: number, score: (hit: Hit, row: Book) => number) =>
      l2Hits(count)
        .map((hit) => ({ id: hit.id, score: Math.fround(score(hit, rows[hit.id])) }))
        .sort(better);

    it("multiply or add to the scores of the nearest hits that a filter is true for", async () => {
      const weighed = expected(14, ({ score }, { genre }) => (genre === "poem" ? score * 0.5 : score));
      const found = await floats([query, query], { ...l2, topk: 10, offset: 4 }, by([poem]));
      expect(hitsOf(found)).toEqual([weighed.slice(4), weighed.slice(4)]);
      const added = expected(10, ({ score }, { genre }) => (genre === "poem" ? score + 0.5 : score));
      expect(hitsOf(await floats([query], l2, by([poem], { boost_mode: "Sum" })))).toEqual([added]);
      const all = expected(10, ({ score }) => score * 2);
      expect(hitsOf(await floats([query], l2, by([boost({ weight: "2" })])))).toEqual([all]);
    });

    it("go together as function_mode says", async () => {
      const early = boost({ filter: "year < 1950", weight: "3" });
      const both = (sum: boolean) =>
        expected(10, ({ score }, { genre, year }) => {
          const weights = [...(genre === "poem" ? [0.5] : []), ...(year < 1950 ? [3] : [])];
          if (weights.length === 0) return score;
          return score * weights.reduce((a, b) => (sum ? a + b : a * b));
        });
      expect(hitsOf(await floats([query], l2, by([poem, early])))).toEqual([both(false)]);
      expect(hitsOf(await floats([query], l2, by([poem, early], { function_mode: "sum" })))).toEqual([both(true)]);
    });

    it("take their filters' values from the templates of the search", async () => {
      const template = boost({ filter: "genre in {genres}", weight: "0.5" });
      const genres = {
        val: { $case: "arrayVal", value: { data: { $case: "stringData", value: { data: ["poem"] } } } },
      };
      const found = await floats([query], l2, { ...by([template]), exprTemplateValues: { genres } });
      const weighed = expected(10, ({ score }, { genre }) => (genre === "poem" ? score * 0.5 : score));
      expect(hitsOf(found)).toEqual([weighed]);
    });

    it("draw numbers by a seed and a field, the same each time, and others by another seed", async () => {
      const drawing = (draw: object) => by([boost({ weight: "1000", random_score: JSON.stringify(draw) })], added);
      const added = { boost_mode: "sum" };
      const drawn = async (draw: object) => hitsOf(await floats([query], l2, drawing(draw)))[0];
      const one = await drawn({ seed: 126, field: "id" });
      expect(await drawn({ seed: 126, field: "id" })).toEqual(one);
      expect(await drawn({ seed: 127, field: "id" })).not.toEqual(one);
      const [near, numbers] = [new Map(l2Hits(10).map(({ id, score }) => [id, score])), new Set<number>()];
      for (const { id, score } of one) numbers.add(Math.round(score - (near.get(id) ?? Number.NaN)));
      expect(numbers.size).toBe(10);
      expect([...numbers].every((number) => number >= 0 && number <= 1000)).toBe(true);
      // By their places in segments, which stay the same as well.
      expect(await drawn({ seed: 1 })).toEqual(await drawn({ seed: 1 }));
      const alone = boost({ filter: "genre == 'poem'", weight: "0.5", random_score: '{"seed": 126, "field": "id"}' });
      const found = hitsOf(await floats([query], l2, by([alone])))[0];
      for (const { id, score } of found)
        expect([id, score === near.get(id)]).toEqual([id, rows[id].genre !== "poem" || near.get(id) === 0]);
    });

    it("rank one search among several", async () => {
      const one = { ...requestOf(placeholders(101, [floatBytes(query)]), { ...l2, topk: 30 }), ...by([poem]) };
      const found = await fixture.client.raw.hybridSearch(
        milvus.HybridSearchRequest.fromPartial({
          ...{ collectionName: "books", requests: [one], rankParams: pairs({ limit: 12, strategy: "rrf" }) },
        }),
      );
      const weighed = expected(30, ({ score }, { genre }) => (genre === "poem" ? score * 0.5 : score));
      expect(hitsOf(found)[0].map(({ id }) => id)).toEqual(weighed.slice(0, 12).map(({ id }) => id));
    });

    it("refuse what they cannot do", async () => {
      const reason = (functions: object[], params = {}, more = {}) =>
        refusal(floats([query], { ...l2, ...more }, by(functions, params)));
      expect(await reason([boost({})])).toContain("must set weight params");
      expect(await reason([boost({ weight: "x" })])).toContain("param weight:x is not a number");
      expect(await reason([boost({ weight: "1", filter: "nope > 1" })])).toContain("field nope not exist");
      expect(await reason([boost({ weight: "1", random_score: '{"field": "genre"}' })])).toContain(
        "only support int64 field as random seed, but got VarChar",
      );
      expect(await reason([poem], { boost_mode: "max" })).toContain("unknown boost_mode: max");
      expect(await reason([poem], {}, { group_by_field: "genre" })).toContain("not supported with group_by_field");
      const decay = { ...poem, params: pairs({ reranker: "decay" }) };
      expect(await reason([poem, decay])).toContain("go together with no other one, but got decay");
    });
  });

  it("refuses what would score, mark or group hits otherwise, and says what to do", async () => {
    const score = (reranker: string) => ({
      functions: [{ name: "f", type: 3, params: [{ key: "reranker", value: reranker }] }],
    });
    const reason = (more: object) => refusal(floats([query], l2, more as never));
    expect(await reason({ functionScore: score("model") })).toContain(
      "unsupported reranker model: one search takes decay and boost",
    );
    expect(await reason({ functionScore: score("decay") })).toContain("decay function lost param: origin");
    expect(await reason({ highlighter: { type: 1, params: [] } })).toContain("mark words by a LexicalHighlighter");
    const chains = { functionChains: [{}] };
    expect(await reason(chains)).toContain("function chain[0] stage FunctionChainStageUnspecified is not supported");
    const rankParams = pairs({ limit: 3 });
    const one = requestOf(placeholders(101, [floatBytes(query)]), { ...l2, topk: 5 });
    const hybrid = async (more: object) =>
      (
        await fixture.client.raw.hybridSearch(
          milvus.HybridSearchRequest.fromPartial({
            collectionName: "books",
            requests: [one],
            rankParams,
            ...more,
          }),
        )
      ).status?.reason;
    expect(await hybrid({ functionScore: score("boost") })).toContain("unsupported reranker boost");
    const two = { functions: [...score("rrf").functions, ...score("rrf").functions] };
    expect(await hybrid({ functionScore: two })).toContain("2 rankers in one search are not supported");
    expect(await hybrid(chains)).toContain("function_chains is not supported for hybrid search yet");
    expect(await hybrid({ functionScore: score("rrf") })).toBe("");
    const inner = { requests: [{ ...one, functionScore: score("decay") as never }] };
    expect(await hybrid(inner)).toContain("unsupported reranker decay of one search among several");
    const plain = { functionScore: { functions: [{ name: "f", type: 1, params: pairs({ reranker: "rrf" }) }] } };
    expect(await reason(plain)).toContain("function f of a search is not rerank function");
  });

  it("filters by regular expressions, in all segments", async () => {
    for (const [filter, isFound] of [
      ['genre =~ "^(po|es)"', (genre: string) => /^(po|es)/.test(genre)],
      ['genre !~ r"\\bnovel$"', (genre: string) => genre !== "novel"],
    ] as const) {
      const among = rows.filter(({ genre }) => isFound(genre));
      const found = await floats([query], { ...l2, topk: 400 }, { dsl: filter, dslType: 1 });
      expect(hitsOf(found)).toEqual([nearest(among, (row) => scoreOf.L2(row.f32, query), "L2")]);
    }
  });

  it("refuses many queries with many hits before it looks for any", async () => {
    const { client, files } = fixture;
    const fields: FieldSpec[] = [
      { name: "id", type: DataType.Int64, key: true },
      { name: "place", type: DataType.FloatVector, dim: 2 },
    ];
    await client.createCollection({ name: "wanted", fields });
    await client.importAndWait(
      "wanted",
      await files.jsonl(
        "wanted.jsonl",
        Array.from({ length: 600 }, (_, i) => ({ id: i, place: [i, i] })),
      ),
    );
    const search = async (body: object) => {
      const all = { collectionName: "wanted", data: Array.from({ length: 16_384 }, () => [1, 1]), ...body };
      const answer = await fetch(`${fixture.url}/v2/vectordb/entities/search`, {
        ...{ method: "POST", body: JSON.stringify(all) },
      });
      return (await answer.json()) as { code: number; message: string; topks: number[] };
    };
    const tooLarge = { code: 1100, message: expect.stringContaining("search results exceed the maxOutputSize Limit") };
    expect(await search({ limit: 1000 })).toMatchObject(tooLarge);
    expect(await search({ limit: 10, offset: 16_000 })).toMatchObject(tooLarge);
    const { code, topks } = await search({ limit: 1000, filter: "id < 3" });
    expect([code, new Set(topks)]).toEqual([0, new Set([3])]);
  });

  it("rankers over REST are those of gRPC", async () => {
    const post = async (path: string, body: object) => {
      const url = `${fixture.url}/v2/vectordb/entities/${path}`;
      const answer = await fetch(url, { method: "POST", body: JSON.stringify({ collectionName: "books", ...body }) });
      return (await answer.json()) as { code: number; message: string; data: { id: string; distance: number }[] };
    };
    const functions = [
      {
        ...{ name: "b", type: "Rerank", inputFieldNames: [], outputFieldNames: [] },
        params: { reranker: "boost", weight: 0.5, filter: "genre == 'poem'", random_score: { seed: 126, field: "id" } },
      },
    ];
    const asRest = (hits: readonly Hit[]) => hits.map(({ id, score }) => ({ id: String(id), distance: score }));
    const asFloats = (hits: readonly { id: string; distance: number }[]) =>
      hits.map(({ id, distance }) => ({ id, distance: Math.fround(distance) }));
    const params = pairs({ ...functions[0].params });
    const same = {
      functionScore: { functions: [{ name: "b", type: 3, params }], params: pairs({ boost_mode: "sum" }) },
    };
    const one = { data: [query], annsField: "f32", limit: 10, searchParams: { metric_type: "L2" }, metricType: "L2" };
    const functionScore = { functions, params: { boost_mode: "sum" } };
    const found = await post("search", { ...one, functionScore });
    expect(asFloats(found.data)).toEqual(asRest(hitsOf(await floats([query], l2, same))[0]));

    const rrf = { functions: [{ ...functions[0], params: { reranker: "rrf", k: 60 } }] };
    const hybrid = await post("hybrid_search", { search: [one, one], limit: 3, functionScore: rrf });
    const nearest = hitsOf(await floats([query], l2))[0].slice(0, 3);
    expect(hybrid.data.map(({ id }) => id)).toEqual(nearest.map(({ id }) => String(id)));
    const rerank = { strategy: "rrf", params: { k: 60 } };
    expect(await post("hybrid_search", { search: [one], limit: 3, rerank, functionScore: rrf })).toMatchObject({
      ...{ code: 1100, message: expect.stringContaining("rerank and functionScore cannot be given together") },
    });
    expect(await post("hybrid_search", { search: [one], limit: 3 })).toMatchObject({
      ...{ code: 1802, message: expect.stringContaining("rerank is required") },
    });
    const noRanker = { functions: [{ ...functions[0], type: "Reranker" }] };
    expect(await post("search", { ...one, functionScore: noRanker })).toMatchObject({
      ...{ code: 1100, message: "Unsupported function type: Reranker" },
    });
  });

  it("grouped by places in JSON and by dynamic keys, of which those that are missing are one group", async () => {
    const { client, files } = fixture;
    const fields: FieldSpec[] = [
      { name: "id", type: DataType.Int64, key: true },
      { name: "j", type: DataType.JSON, nullable: true },
      { name: "place", type: DataType.FloatVector, dim: 2 },
    ];
    await client.createCollection({ name: "places", fields, dynamic: true, shards: 2 });
    const rows = [
      { id: 1, j: { a: { b: "x" } }, color: "red" },
      { id: 2, j: { a: { b: "\u0078" } }, color: 7 },
      { id: 3, j: { a: {} }, color: "red" },
      { id: 4, j: null },
      { id: 5, j: { a: { b: 12 } }, color: null },
      { id: 6, j: { a: { b: "y" } }, color: "blue" },
    ].map((row) => ({ ...row, place: [row.id, 0] }));
    await client.importAndWait("places", await files.jsonl("places.jsonl", rows));
    const grouped = async (field: string, params: object = {}) => {
      const all = { anns_field: "place", metric_type: "L2", topk: 5, group_by_field: field, ...params };
      const answer = await search({
        ...requestOf(placeholders(101, [floatBytes([0, 0])]), all),
        collectionName: "places",
      });
      const values = rowsOf(answer.results?.groupByFieldValue ? [answer.results.groupByFieldValue] : []);
      return { ids: hitsOf(answer)[0]?.map(({ id }) => id), values: values.map((value) => value[field]) };
    };
    expect(await grouped("j['a']['b']")).toEqual({ ids: [1, 3, 5, 6], values: ["x", null, 12, "y"] });
    expect(await grouped('j["a"]["b"]', { group_size: 2 })).toMatchObject({ ids: [1, 2, 3, 4, 5, 6] });
    expect(await grouped("color")).toEqual({ ids: [1, 2, 4, 6], values: ["red", 7, null, "blue"] });
    expect(await grouped('$meta["color"]', { topk: 2, offset: 1 })).toMatchObject({ ids: [2, 4] });
    const by = { anns_field: "place", metric_type: "L2", group_by_field: "place[0]" };
    const wrong = search({ ...requestOf(placeholders(101, [floatBytes([0, 0])]), by), collectionName: "places" });
    expect(await refusal(wrong)).toContain("groupBy field not found in schema: field not found[field=place[0]]");
  });

  it("rows without a vector have no hits when they are searched by key; times are in the zone of the call", async () => {
    const { client, files } = fixture;
    const sparse: FieldSpec[] = [
      { name: "id", type: DataType.Int64, key: true },
      { name: "when", type: DataType.Timestamptz, nullable: true },
      { name: "place", type: DataType.FloatVector, dim: 2, nullable: true },
    ];
    await client.createCollection({ name: "gaps", fields: sparse });
    const rows = [
      { id: 1, place: null },
      { id: 2, place: [1, 0], when: "2025-06-01T00:00:00Z" },
      { id: 3, place: [0, 1] },
    ];
    await client.importAndWait("gaps", await files.jsonl("gaps.jsonl", rows));
    const params = { anns_field: "place", metric_type: "L2" };
    const byKey = (data: bigint[], more: Record<string, string> = {}, request: object = {}) => {
      const ids = schema.IDs.fromPartial({ idField: { $case: "intId", value: { data } } });
      const input = { ...request, collectionName: "gaps", searchInput: { $case: "ids" as const, value: ids } };
      return search({ ...requestOf(Buffer.alloc(0), { ...params, ...more }), ...input });
    };
    expect(hitsOf(await byKey([1n, 3n]))).toEqual([[], [{ id: 3, score: 0 }, { id: 2, score: 2 }]]); // biome-ignore format: one answer
    expect(hitsOf(await byKey([1n]))).toEqual([[]]);
    const zoned = { dsl: "when == ISO '2025-06-01T08:00:00'", outputFields: ["when"] };
    const shown = await byKey([2n], { timezone: "Asia/Shanghai" }, zoned);
    expect(rowsOf(shown.results?.fieldsData ?? [])).toEqual([{ when: "2025-06-01T08:00:00+08:00" }]);
    const inParams = await byKey([2n], { params: '{"timezone":"Asia/Shanghai"}' }, zoned);
    expect(rowsOf(inParams.results?.fieldsData ?? [])).toEqual([{ when: "2025-06-01T08:00:00+08:00" }]);
    expect(await refusal(byKey([2n], { timezone: "Mars/Base" }))).toContain(
      "unknown or invalid IANA Time Zone ID: Mars",
    );
    const parts = await byKey(
      [2n, 3n],
      { timezone: "Asia/Shanghai", time_fields: "year,hour" },
      { outputFields: ["when"] },
    );
    expect(rowsOf(parts.results?.fieldsData ?? [])).toEqual([2, 3, 3, 2].map((id) => ({ when: id === 2 ? [2025n, 8n] : null }))); // biome-ignore format: one answer
    const inner = milvus.HybridSearchRequest.fromPartial({
      ...{ collectionName: "gaps", rankParams: pairs({ limit: 3 }) },
      requests: [{ ...requestOf(placeholders(101, [floatBytes([0, 1])]), { ...params, time_fields: "year" }) }],
    });
    expect(await refusal(client.raw.hybridSearch(inner))).toContain("give it beside them");
    expect(await refusal(byKey([2n], { analyzer_name: "english" }))).toContain("analyzer_name has no effect");
  });

  it("refuses in Milvus's words what cannot be meant", async () => {
    const reason = (params: object, vector: readonly number[] = query) => refusal(floats([vector], params));
    expect(await reason({ metric_type: "L2" })).toContain("multiple anns_fields exist");
    expect(await reason({ ...l2, anns_field: "nowhere" })).toContain("fieldName(nowhere) not found");
    expect(await reason({ ...l2, anns_field: "year" })).toContain("field (year) to search is not of vector data type");
    expect(await reason(l2, [1, 2])).toContain("vector dimension mismatch, expected vector size(byte) 32, actual 8.");
    expect(await reason({ ...l2, collection_id: "77" })).toContain(
      "collection id:77 in the request is not consistent to that in the search context",
    );
    expect(await reason({ ...l2, group_by_fields: "genre", group_by_field: "year" })).toContain("cannot be used simul");
    const iterator = { iterator: "True", search_iter_v2: "True", search_iter_batch_size: 5 };
    expect(await reason({ ...l2, ...iterator, offset: 3 })).toContain("offset is not supported with search iterators");
    expect(await reason({ ...l2, ...iterator, search_iter_batch_size: 16385 })).toContain(
      "batch size [16385] is invalid, it should be in range [1, 16384]",
    );
    expect(await reason({ ...l2, ignore_growing: "perhaps" })).toContain("parse ignore growing field failed");
    expect(await reason({ ...l2, topk: 0 })).toContain("topk [0] is invalid");
    expect(await reason({ ...l2, topk: 16384, offset: 1 })).toContain("offset+topk [16385] is invalid");
    expect(await reason({ ...l2, round_decimal: 7 })).toContain("round_decimal [7] is invalid");
    expect(await reason({ anns_field: "bits", metric_type: "HAMMING" })).toContain("vector type must be the same");
    expect(await reason({ ...l2, params: { radius: 3, range_filter: 9 } })).toContain(
      "range_filter(9) must be less than radius(3)",
    );
    expect(await refusal(floats([query], l2, { dsl: "nope > 1" }))).toContain("failed to create query plan");
    expect(await reason({ ...l2, metric_type: "IP" })).toContain(
      "metric type not match: invalid parameter[expected=L2][actual=IP]",
    );
  });
});
