import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "@jest/globals";
import { itWith } from "../support/needs.ts";

const run = promisify(execFile);
const script = join(import.meta.dirname, "image.sh");

itWith("buildah")(
  "the image is built, and serves under a user that is not root",
  async () => {
    const { stdout } = await run("bash", [script], { maxBuffer: 1 << 24 });
    expect(stdout).toMatch(/^image ok /m);
  },
  300_000,
);
