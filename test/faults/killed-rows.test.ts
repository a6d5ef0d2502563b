import { beforeAll, expect, it } from "@jest/globals";
import { DataType } from "@sluice/schema";
import { type FieldSpec, givenRows, useServer } from "../support/index.ts";
import { SeededRandom } from "./seeded-random.ts";

// The server is killed while clients insert, replace and delete rows, and started again. What was answered holds: no row that was
// answered is lost, none that was deleted comes back. A call that was not answered has happened as a whole or not at all.
//
// SLUICE_FAULT_SEED repeats a run's calls; SLUICE_ROW_KILLS sets the number of kills.

const seed = Number(process.env.SLUICE_FAULT_SEED ?? 28);
const kills = Number(process.env.SLUICE_ROW_KILLS ?? 3);
const CLIENTS = 4;
const ROWS_PER_CALL = 3;

const fixture = useServer({ compactionInterval: "50ms", readerGrace: "200ms", gcGrace: "200ms", gcInterval: "100ms" });
const fields: FieldSpec[] = [
  { name: "id", type: DataType.Int64, key: true },
  { name: "value", type: DataType.Int32 },
  { name: "vector", type: DataType.FloatVector, dim: 2 },
];

/** The rows that one call is about, which no other one touches at the same time: `value` of all of them, undefined = none. */
interface Block {
  readonly keys: readonly number[];
  /** As the last call that was answered has left it. */
  value: number | undefined;
  /** As a call that was not answered would leave it. */
  maybe: { readonly value: number | undefined } | undefined;
}

beforeAll(() => fixture.client.createCollection({ name: "killed", fields, shards: 2 }));

it(`what was answered holds (SLUICE_FAULT_SEED=${seed})`, async () => {
  const random = new SeededRandom(seed);
  const blocks: Block[] = [];
  let value = 0;

  const call = async (block: Block) => {
    const next = block.value !== undefined && random.chance(0.4) ? undefined : ++value;
    const rows = block.keys.map((id) => ({ id, value: next, vector: [id, 1] }));
    block.maybe = { value: next };
    if (next === undefined) await fixture.client.delete("killed", `id in [${block.keys}]`);
    else if (block.value === undefined) await fixture.client.insert("killed", givenRows(fields, rows), rows.length);
    else await fixture.client.upsert("killed", givenRows(fields, rows), rows.length);
    [block.value, block.maybe] = [next, undefined];
  };
  const newBlock = (): Block => {
    const first = 1 + blocks.length * ROWS_PER_CALL;
    const block = {
      keys: Array.from({ length: ROWS_PER_CALL }, (_, i) => first + i),
      value: undefined,
      maybe: undefined,
    };
    blocks.push(block);
    return block;
  };
  /** One client: call after call until the server is gone. */
  const work = async (own: Block[], until: () => boolean) => {
    while (!until()) {
      if (own.length < 3 || random.chance(0.2)) own.push(newBlock());
      await call(random.pick(own));
    }
  };
  for (let kill = 0; kill < kills; kill++) {
    let answered = 0;
    const enough = random.int(20, 60);
    const isEnough = () => ++answered > enough;
    const clients = Array.from({ length: CLIENTS }, () => work([], isEnough).catch(() => {}));
    // The first one that has seen enough ends: the others are in the middle of their calls.
    await Promise.race(clients);
    await fixture.restart("kill9");
    await Promise.all(clients);
    await check(blocks);
  }
});

async function check(blocks: readonly Block[]): Promise<void> {
  const rows = await fixture.client.query("killed", "", ["value"], { limit: 16_000 });
  const found = new Map(rows.map(({ id, value }) => [Number(id), value]));
  for (const block of blocks) {
    const values = new Set(block.keys.map((key) => found.get(key)));
    expect(values.size).toBe(1);
    const [value] = values as Set<number | undefined>;
    const allowed = block.maybe ? [block.value, block.maybe.value] : [block.value];
    expect(allowed).toContain(value);
    [block.value, block.maybe] = [value, undefined];
  }
  const present = blocks.filter(({ value }) => value !== undefined).length * ROWS_PER_CALL;
  expect(await fixture.client.count("killed")).toBe(present);
}
