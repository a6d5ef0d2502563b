import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "@jest/globals";
import { giveMemory, takeMemory } from "@sluice/async";
import { DirectWriter } from "../src/local/direct-writer.ts";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());
const MIB = 1 << 20;

/** Bytes that tell where they belong. */
function pattern(bytes: number, from = 0): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, i) => ((from + i) * 2654435761) >>> 13);
}

const refused = (code: string) => Object.assign(new Error(code), { code, errno: -22 });

describe("a file written past the page cache", () => {
  it.each([
    [[0]],
    [[1]],
    [[4096]],
    [[4097]],
    [[4 * MIB]],
    [[4 * MIB + 1]],
    [[9 * MIB]],
    [[100, 0, 5 * MIB - 7, 4096, 3]],
    [Array.from({ length: 3000 }, (_, i) => i)],
  ])("holds its pieces and nothing else (%#)", async (sizes) => {
    const path = join(await folders.create(), "file");
    let from = 0;
    const pieces = sizes.map((bytes) => {
      from += bytes;
      return pattern(bytes, from - bytes);
    });
    const handle = await new DirectWriter().write(path, pieces);
    await handle?.close();
    if (handle) expect(Buffer.compare(await readFile(path), Buffer.concat(pieces))).toBe(0);
  });

  it.each([0, 1, 357, 4095])(
    "writes memory that is aligned as the file is from where it lies, in one call (%i)",
    async (head) => {
      const path = join(await folders.create(), "file");
      const memory = takeMemory(3 * MIB);
      const calls: (readonly Uint8Array[])[] = [];
      const writer = new DirectWriter(async (...call) => {
        const handle = await open(...call);
        const writev = handle.writev.bind(handle);
        handle.writev = <T extends readonly NodeJS.ArrayBufferView[]>(parts: T, position?: number) => {
          calls.push(parts as readonly unknown[] as Uint8Array[]);
          return writev(parts, position);
        };
        return handle;
      });
      const values = memory.subarray(head, head + 2 * MIB + 99);
      values.set(pattern(values.length));
      const pieces = [pattern(head, 7), values, pattern(5000, 3)];
      const handle = await writer.write(path, pieces);
      await handle?.close();
      giveMemory(memory);
      if (!handle) return;
      expect(Buffer.compare(await readFile(path), Buffer.concat(pieces))).toBe(0);
      expect(calls).toHaveLength(1);
      expect(calls[0]).toHaveLength(head === 0 ? 2 : 3);
      expect(Math.max(...calls[0].map(({ length }) => length))).toBeGreaterThanOrEqual(2 * MIB - 4096);
    },
  );

  it.each([
    ["at a block", 2 * MIB, 0],
    ["elsewhere", 2 * MIB + 1, 1],
  ])("is cut to its length only where that is not whole blocks (%s)", async (_, bytes, cuts) => {
    const path = join(await folders.create(), "file");
    let truncated = 0;
    const writer = new DirectWriter(async (...call) => {
      const handle = await open(...call);
      const truncate = handle.truncate.bind(handle);
      handle.truncate = (length?: number) => {
        truncated++;
        return truncate(length);
      };
      return handle;
    });
    const handle = await writer.write(path, [pattern(bytes)]);
    await handle?.close();
    if (!handle) return;
    expect(truncated).toBe(cuts);
    expect((await stat(path)).size).toBe(bytes);
  });

  it("goes on where the system stops short", async () => {
    const path = join(await folders.create(), "file");
    const writer = new DirectWriter(async (...call) => {
      const handle = await open(...call);
      const write = handle.write.bind(handle);
      handle.writev = async <T extends readonly NodeJS.ArrayBufferView[]>(parts: T, position?: number) => {
        const { bytesWritten } = await write(parts[0] as Uint8Array, 0, 4096, position ?? 0);
        return { bytesWritten, buffers: parts };
      };
      return handle;
    });
    const pieces = [pattern(100), pattern(20_000, 3)];
    const handle = await writer.write(path, pieces);
    await handle?.close();
    if (handle) expect(Buffer.compare(await readFile(path), Buffer.concat(pieces))).toBe(0);
  });

  it("uses its memory again without a trace of the file before", async () => {
    const folder = await folders.create();
    const writer = new DirectWriter();
    for (const [name, bytes] of [
      ["a", 5000],
      ["b", 10],
      ["c", 4097],
    ] as const) {
      const handle = await writer.write(join(folder, name), [pattern(bytes)]);
      await handle?.close();
      if (handle) expect(await readFile(join(folder, name))).toEqual(Buffer.from(pattern(bytes)));
    }
  });

  it("ends between two writes when it is aborted", async () => {
    const path = join(await folders.create(), "file");
    const reason = new Error("enough");
    await expect(new DirectWriter().write(path, [pattern(10)], AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it("is left to others where it cannot be opened, without asking again", async () => {
    let opened = 0;
    const writer = new DirectWriter((async () => {
      opened++;
      throw refused("EINVAL");
    }) as unknown as typeof open);
    expect(await writer.write("nowhere", [pattern(1)])).toBeUndefined();
    expect(await writer.write("nowhere", [pattern(1)])).toBeUndefined();
    expect(opened).toBe(1);
  });

  it("is left to others where writes are refused, and is not there", async () => {
    const path = join(await folders.create(), "file");
    const writer = new DirectWriter(async (...call) => {
      const handle = await open(...call);
      handle.writev = () => Promise.reject(refused("EINVAL"));
      return handle;
    });
    expect(await writer.write(path, [pattern(1)])).toBeUndefined();
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });

  it("fails as its disk fails", async () => {
    const path = join(await folders.create(), "file");
    const writer = new DirectWriter(async (...call) => {
      const handle = await open(...call);
      handle.writev = () => Promise.reject(refused("ENOSPC"));
      return handle;
    });
    await expect(writer.write(path, [pattern(1)])).rejects.toMatchObject({ code: "ENOSPC" });
  });
});
