import { afterAll, beforeAll } from "@jest/globals";
import type { Browser, Page } from "playwright-core";
import { findProgram } from "./find-program.ts";
import type { ServerFixture } from "./server-fixture.ts";

/** One browser for all tests of a file, and one page in it; use its members inside tests only. */
export interface BrowserFixture {
  readonly page: Page;
  /** What the page has complained about: errors of scripts, and what its policy has refused. */
  readonly complaints: readonly string[];
}

/** Without a window; the browser is that of the system. */
export function useBrowser(server: Pick<ServerFixture, "url">): BrowserFixture {
  const complaints: string[] = [];
  const state = { complaints } as { page: Page; complaints: string[] };
  let browser: Browser | undefined;
  beforeAll(async () => {
    // Imported here: jest loads a module anew for every file of tests, and this one takes as long as all others together.
    const { chromium } = await import("playwright-core");
    // The sandbox of Chromium wants another user than root, whom containers have.
    browser = await chromium.launch({ executablePath: findProgram("chromium") ?? "", args: ["--no-sandbox"] });
    const context = await browser.newContext({
      baseURL: server.url,
      viewport: { width: 1200, height: 800 },
      reducedMotion: "reduce",
    });
    state.page = await context.newPage();
    state.page.on("pageerror", (error) => complaints.push(error.message));
    state.page.on("console", (message) => void (message.type() === "error" && complaints.push(message.text())));
  });
  afterAll(() => browser?.close());
  return state;
}
