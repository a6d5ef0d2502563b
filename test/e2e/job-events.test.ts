import { describe, expect, it } from "@jest/globals";
import { bookCollection, books, eventually, useRest, useServer } from "../support/index.ts";

const fixture = useServer();
const { post, run } = useRest(fixture);

interface JobEvent {
  readonly event: string;
  readonly data: { readonly jobId: string; readonly state: string; readonly progress: number };
}

/** The stream's events as they come; ended when it is. */
async function* events(query: string, signal?: AbortSignal): AsyncGenerator<JobEvent> {
  const response = await fetch(`${fixture.url}/v2/vectordb/jobs/import/events${query}`, { signal });
  expect(response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
  let rest = "";
  for await (const chunk of (response.body as ReadableStream<Uint8Array>).pipeThrough(new TextDecoderStream())) {
    const parts = (rest + chunk).split("\n\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(part) ?? [];
      if (event) yield { event, data: JSON.parse(data) };
    }
  }
}

async function create(name: string, rows: number, options = {}): Promise<{ jobId: string }> {
  const { client, files } = fixture;
  await client.createCollection(bookCollection(name));
  const [file] = await files.jsonl(`${name}.jsonl`, books(rows));
  return (await post("create", { collectionName: name, files: [[file]], options })).data;
}

describe("events of a job", () => {
  it("tell of its states in order, and end with it", async () => {
    const job = await create("told", 20_000);
    const told = await Array.fromAsync(events(`?jobId=${job.jobId}`));
    expect(told.at(-1)).toMatchObject({ event: "end", data: { jobId: job.jobId, state: "Completed", progress: 100 } });
    expect(told.slice(0, -1).every(({ event }) => event === "job")).toBe(true);
    const progress = told.map(({ data }) => data.progress);
    expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  });

  it("of one that has ended are its end alone", async () => {
    const job = await create("over", 1);
    await fixture.client.waitFor(BigInt(job.jobId));
    expect(await Array.fromAsync(events(`?jobId=${job.jobId}`))).toEqual([
      { event: "end", data: expect.objectContaining({ state: "Completed" }) },
    ]);
  });

  it("are refused for one that there is not, as describe refuses it", async () => {
    const response = await fetch(`${fixture.url}/v2/vectordb/jobs/import/events?jobId=12`);
    expect(await response.json()).toMatchObject({ code: 2101, message: expect.stringContaining("jobID=12") });
  });

  it("go on for who waits while the job does", async () => {
    const job = await create("held", 5, { auto_commit: "false" });
    const told: string[] = [];
    const listening = (async () => {
      for await (const { data } of events(`?jobId=${job.jobId}`)) told.push(data.state);
    })();
    await eventually(async () => expect(told.at(-1)).toBe("Uncommitted"), 20_000);
    await post("commit", job);
    await listening;
    expect(told.at(-1)).toBe("Completed");
  });
});

it("events of a database tell of all its jobs, begun before and after, and of no other's", async () => {
  const leaving = new AbortController();
  const told: string[] = [];
  const held = await create("all_held", 3, { auto_commit: "false" });
  const listening = (async () => {
    for await (const { event, data } of events("?dbName=default", leaving.signal)) told.push(`${event} ${data.jobId}`);
  })().catch(() => {});
  await eventually(async () => expect(told).toContain(`job ${held.jobId}`), 20_000);
  const other = (await fetch(`${fixture.url}/v2/vectordb/jobs/import/events?dbName=other`, { signal: leaving.signal }))
    .body;
  const { jobId } = await run({
    collectionName: "all_held",
    files: [[(await fixture.files.jsonl("all.jsonl", books(2)))[0]]],
  });
  await eventually(async () => expect(told).toContain(`end ${jobId}`), 20_000);
  await post("cancel", held);
  await eventually(async () => expect(told).toContain(`end ${held.jobId}`), 20_000);
  const reader = other?.getReader();
  expect(new TextDecoder().decode((await reader?.read())?.value)).toBe("retry: 2000\n\n");
  const nothing = await Promise.race([reader?.read(), Promise.resolve("nothing")]);
  expect(nothing).toBe("nothing");
  leaving.abort();
  await listening;
});
