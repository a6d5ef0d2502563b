import { EventEmitter } from "node:events";
import type { ServerResponse } from "node:http";
import { expect, it } from "@jest/globals";
import { EventStream } from "../../src/http/events/event-stream.ts";

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

function opened(onHeartbeat = async () => true, heartbeatMs = 60_000) {
  const response = new Response();
  return { response, stream: new EventStream(response as unknown as ServerResponse, onHeartbeat, heartbeatMs) };
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
  const { response } = opened(async () => false, 1);
  while (!response.isEnded) await new Promise((resolve) => setTimeout(resolve, 1));
  expect(response.written).toContain(": still here\n\n");
});
