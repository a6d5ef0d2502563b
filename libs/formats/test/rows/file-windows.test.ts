import { describe, expect, it } from "@jest/globals";
import { giveMemory, isPooled, takeMemory } from "@sluice/async";
import type { SourceFile } from "@sluice/object-store";
import { type FileWindow, FileWindows } from "../../src/rows/file-windows.ts";

const CHUNK_BYTES = 64 << 10;
/** Most of the arena of a thread. */
const MOST_BYTES = 120 << 20;

/** A file of one row. */
function oneRow(sizeBytes: number): SourceFile {
  const readInto = async (offset: number, target: Uint8Array) => {
    const length = Math.max(0, Math.min(target.length, sizeBytes - offset));
    target.fill(0x61, 0, length);
    return length;
  };
  return { path: "row.jsonl", sizeBytes, readInto } as unknown as SourceFile;
}

function isArenaFree(): boolean {
  const most = takeMemory(MOST_BYTES);
  const isFree = isPooled(most);
  giveMemory(most);
  return isFree;
}

describe("windows of a file whose row grows", () => {
  it("have all of it, and leave the arena as it was", async () => {
    expect(isArenaFree()).toBe(true);
    const windows = new FileWindows(oneRow(5 << 20), {
      ...{ chunkBytes: CHUNK_BYTES, start: 0, signal: new AbortController().signal },
    });
    let window: FileWindow | undefined;
    do window = await windows.next(window, window?.begin ?? 0);
    while (!window.isLast);
    expect(window.end - window.begin).toBe(5 << 20);
    expect(window.bytes.subarray(window.begin, window.end).every((byte) => byte === 0x61)).toBe(true);
    await windows.close(window);
    expect(isArenaFree()).toBe(true);
  });
});
