import { describe, expect, it } from "@jest/globals";
import { importing, okStatus } from "@sluice/rpc";
import type { ProxyContext } from "../src/context.ts";
import { type ImportCall, ImportRequests } from "../src/jobs/import-requests.ts";

const call: ImportCall = {
  dbName: "default",
  collectionName: "books",
  partitionName: "",
  rowBased: false,
  files: ["a.jsonl"],
  groups: [],
  options: [],
  idempotencyKey: "",
};

/** A rootcoord that gives each job the next number, when it is told to. */
class SlowRoot {
  readonly #waiting: (() => void)[] = [];
  #next = 1n;

  import = async (): Promise<importing.ImportResponse> => {
    const id = this.#next++;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
    return importing.ImportResponse.fromPartial({ status: okStatus(), tasks: [id] });
  };

  answer(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

const submitted = (requests: ImportRequests, ...asked: Parameters<ImportRequests["submit"]>) =>
  requests.submit(...asked).then(({ jobId }) => jobId);

class TestCaller {
  readonly identity: string;
  readonly caller = undefined;
  gone = false;
  constructor(identity = "one") {
    this.identity = identity;
  }

  get isGone(): boolean {
    return this.gone;
  }
}

function setUp() {
  const root = new SlowRoot();
  const requests = new ImportRequests({ root } as unknown as ProxyContext);
  const submit = async (caller: TestCaller, more: Partial<ImportCall> = {}) => {
    const id = submitted(requests, { ...call, ...more }, caller);
    root.answer();
    return id;
  };
  return { root, requests, submit };
}

describe("equal import requests of one caller", () => {
  it("are two jobs when the first one was answered, though its connection has ended since", async () => {
    const { submit } = setUp();
    const first = new TestCaller();
    expect(await submit(first)).toBe(1n);
    first.gone = true;
    expect(await submit(new TestCaller())).toBe(2n);
  });

  it("are two jobs when both wait for an answer", async () => {
    const { root, requests } = setUp();
    const both = [submitted(requests, call, new TestCaller()), submitted(requests, call, new TestCaller())];
    root.answer();
    expect(await Promise.all(both)).toEqual([1n, 2n]);
  });

  it("are one job when the first caller was lost before the answer, however often", async () => {
    const { root, requests } = setUp();
    const lost = [new TestCaller(), new TestCaller()];
    const first = submitted(requests, call, lost[0]);
    lost[0].gone = true;
    const second = submitted(requests, call, lost[1]);
    lost[1].gone = true;
    const third = submitted(requests, call, new TestCaller());
    root.answer();
    expect(await Promise.all([first, second, third])).toEqual([1n, 1n, 1n]);
    const fourth = submitted(requests, call, new TestCaller());
    root.answer();
    expect(await fourth).toBe(2n);
  });

  it("are one job when the caller was lost while the answer was on its way", async () => {
    const { submit } = setUp();
    const lost = new TestCaller();
    lost.gone = true;
    expect(await submit(lost)).toBe(1n);
    expect(await submit(new TestCaller())).toBe(1n);
  });
});

describe("requests that differ", () => {
  it.each([
    ["in their files", new TestCaller(), { files: ["b.jsonl"] }],
    ["in their options", new TestCaller(), { options: [{ key: "timeout", value: "1s" }] }],
    ["in their caller", new TestCaller("another"), {}],
  ])("%s are two jobs, even after a loss", async (_, caller, more) => {
    const { submit } = setUp();
    const lost = new TestCaller();
    lost.gone = true;
    await submit(lost);
    expect(await submit(caller, more)).toBe(2n);
  });
});

describe("a refused request", () => {
  it("is forgotten", async () => {
    const { root, requests } = setUp();
    const refuse = root.import;
    root.import = () => Promise.reject(new Error("refused"));
    const lost = new TestCaller();
    lost.gone = true;
    await expect(submitted(requests, call, lost)).rejects.toThrow("refused");
    root.import = refuse;
    const again = submitted(requests, call, new TestCaller());
    root.answer();
    expect(await again).toBe(1n);
  });
});
