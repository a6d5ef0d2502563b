import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "@jest/globals";
import { TemporaryFolders } from "./temporary-folders.ts";

const folders = new TemporaryFolders();
afterAll(() => folders.remove());

describe("too many open files", () => {
  it("are waited for, by who reads a source and by who writes an object", async () => {
    const program = join(import.meta.dirname, "too-many-files-program.ts");
    const limited = `ulimit -n 60; exec "$0" --conditions=source "$@"`;
    const { stdout } = await promisify(execFile)("sh", [
      ...["-c", limited, process.execPath, program, await folders.create()],
    ]);
    const [code, result] = stdout.trim().split("\n");
    expect(code).toBe("EMFILE");
    expect(JSON.parse(result)).toEqual({ areFree: true, text: "{}\n", sizeBytes: 2 << 20, again: 9 });
  });
});
