import type { BatchSink, SinkOutcome } from "./batch-sink.ts";

/** Takes rows and keeps none: what a task reads is checked as always, and nothing is written, no id is used. */
export class NullSink implements BatchSink {
  async append(): Promise<void> {}

  async finish(): Promise<SinkOutcome> {
    return { segments: [], autoIds: [] };
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
