import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/** Where `test/servers.sh` puts what is not a Debian package. */
const cacheBin = join(process.env.SLUICE_TEST_CACHE ?? join(homedir(), ".cache/sluice-test"), "bin");

/** Absolute path of a server's program, or undefined when it is not installed. */
export function findProgram(name: string): string | undefined {
  const folders = [cacheBin, ...(process.env.PATH ?? "").split(delimiter)];
  return folders.map((folder) => join(folder, name)).find(existsSync);
}
