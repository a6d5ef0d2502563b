import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, it } from "@jest/globals";
import { EventStream, type EventStreamTimes } from "../../src/http/events/event-stream.ts";

/** A response whose client reads nothing while it is `full`. */
class Response extends EventEmitter {
  readonly written: string[] = [];
  isFull = false;
  isEnded = false;
  writeHead(): void {}
  write(text: string): boolean {
    this.written.push(text);
    return !this.isFull;
  }
  end(): void {
    this.isEnded = true;
  }
  destroy(): void {}
  get events(): string[] {
    return this.written.flatMap((text) => /^event: \w+\ndata: (.*)\n\n$/.exec(text)?.[1] ?? []);
  }
}

const NEVER_MS = 600_000;

function opened(stillAllowed = async () => true, times: EventStreamTimes = {}) {
  const response = new Response();
  const never = { heartbeatMs: NEVER_MS, checkMs: NEVER_MS };
  const stream = new EventStream(response as unknown as ServerResponse, stillAllowed, { ...never, ...times });
  return { response, stream };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 1));
}

it("who reads slowly gets the last event of each key, and then the end", () => {
  const { response, stream } = opened();
  response.isFull = true;
  for (let i = 0; i < 1000; i++) stream.send(`key ${i % 2}`, "job", { i });
  stream.end();
  expect([response.events, response.isEnded]).toEqual([['{"i":0}'], false]);
  response.isFull = false;
  response.emit("drain");
  expect(response.events.toSorted()).toEqual(['{"i":0}', '{"i":998}', '{"i":999}']);
  expect(response.isEnded).toBe(true);
});

it("ends when who listens may no longer", async () => {
  for (const stillAllowed of [async () => false, () => Promise.reject(new Error("the rootcoord is away"))]) {
    const { response } = opened(stillAllowed, { checkMs: 1 });
    await until(() => response.isEnded);
  }
});

it("asks one time after the other who may listen", async () => {
  const answer = Promise.withResolvers<boolean>();
  let asked = 0;
  const stillAllowed = () => {
    asked++;
    return answer.promise;
  };
  const { stream } = opened(stillAllowed, { checkMs: 1 });
  await until(() => asked === 1);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(asked).toBe(1);
  answer.resolve(true);
  await until(() => asked > 1);
  stream[Symbol.dispose]();
});

it("says now and then that it is there, to who reads", async () => {
  const { response, stream } = opened(undefined, { heartbeatMs: 1 });
  await until(() => response.written.includes(": still here\n\n"));
  stream[Symbol.dispose]();
});
