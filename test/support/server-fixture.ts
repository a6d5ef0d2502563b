import { join } from "node:path";
import { afterAll, beforeAll } from "@jest/globals";
import { SourceFiles } from "./source-files.ts";
import { TemporaryFolders } from "./temporary-folders.ts";
import { TestClient } from "./test-client.ts";
import { type ServerOptions, startServer, type TestServer } from "./test-server.ts";

/** One server for all tests of a file, with a client and a folder of sources below its import root. */
export interface ServerFixture {
  readonly server: TestServer;
  readonly client: TestClient;
  readonly files: SourceFiles;
  readonly dataDir: string;
  readonly importRoot: string;
  /** Base address of the REST interface. */
  readonly url: string;
  /** Ends the server and starts it again on the same data; `client` and `server` are new ones after that. */
  restart(how?: "stop" | "kill9", settings?: ServerOptions["settings"]): Promise<void>;
  /** Ends the server, for a look at what it stored. */
  stop(): Promise<void>;
}

/** Starts before the file's tests, ends after them. Use its members inside tests only. */
export function useServer(settings: ServerOptions["settings"] = {}): ServerFixture {
  const folders = new TemporaryFolders();
  const state = {} as { -readonly [K in keyof ServerFixture]: ServerFixture[K] };
  const start = async (more: ServerOptions["settings"] = {}) => {
    const { dataDir, importRoot } = state;
    state.server = await startServer({
      dataDir,
      importRoots: [importRoot],
      settings: { workers: 2, ...settings, ...more },
    });
    state.client = new TestClient(state.server.address);
    state.url = `http://${state.server.address}`;
  };
  state.stop = async () => {
    state.client?.[Symbol.dispose]();
    await state.server?.stop();
  };
  state.restart = async (how = "stop", more = {}) => {
    if (how === "kill9") await state.server.kill9();
    await state.stop();
    await start(more);
  };
  beforeAll(async () => {
    Object.assign(state, await folders.createPair());
    state.files = new SourceFiles(join(state.importRoot, "sources"));
    await start();
  });
  afterAll(async () => {
    try {
      await state.stop();
    } finally {
      await folders[Symbol.asyncDispose]();
    }
  });
  return state;
}
