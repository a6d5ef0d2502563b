import { copyFile, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { describe, expect } from "@jest/globals";
import { itWith, pythonOf, runProgram, useServer } from "../support/index.ts";

// The stage and volume classes of unmodified releases, each generation of which speaks in its own way. They upload by TLS alone,
// trusting the certificate that the standalone has made for itself.

const versions = ["2.6.0", "2.6.2", "2.6.17", "3.0.1"] as const;
const LIMIT_MS = 120_000;
const fixture = useServer();

describe("stages and volumes", () => {
  for (const version of versions)
    itWith(`pymilvus-${version}`)(`by pymilvus ${version}`, () => passes(version), LIMIT_MS);
});

async function passes(version: (typeof versions)[number]): Promise<void> {
  const folder = join(fixture.importRoot, version);
  await mkdir(folder);
  // Bulk writers write beside the program.
  const program = join(folder, "volumes.py");
  await copyFile(resolve(import.meta.dirname, "python/volumes.py"), program);
  const trust = { SSL_CERT_FILE: join(fixture.dataDir, "tls/cert.pem") };
  const args = [program, fixture.server.address, folder];
  const { exitCode, output } = await runProgram(pythonOf(`pymilvus-${version}`), args, LIMIT_MS, trust);
  if (exitCode !== 0)
    throw new Error(`ended with ${exitCode}:\n${output.slice(-6000)}\nserver:\n${fixture.server.stderr.slice(-3000)}`);
  expect(output).toContain(`ok pymilvus ${version}`);
}
