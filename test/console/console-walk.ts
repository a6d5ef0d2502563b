import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@jest/globals";
import type { Locator, Page } from "playwright-core";
import type { BrowserFixture, ServerFixture } from "../support/index.ts";

/** Where pictures of the pages go, for the guide; none are made without it. */
const pictures = process.env.SLUICE_SCREENSHOTS;

/** What people do with the console, by what they see of it. */
export class ConsoleWalk {
  readonly #browser: BrowserFixture;
  readonly #server: Pick<ServerFixture, "url">;

  constructor(server: Pick<ServerFixture, "url">, browser: BrowserFixture) {
    this.#browser = browser;
    this.#server = server;
  }

  /** The browser's page. */
  get page(): Page {
    return this.#browser.page;
  }

  /** Found by what a screen reader calls it. */
  button(name: string | RegExp): Locator {
    return this.page.getByRole("button", { name });
  }

  /** @param title as the head of the page has it */
  async goTo(title: string): Promise<void> {
    await this.page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: title }).click();
    await this.page.getByRole("heading", { level: 1, name: title }).waitFor();
  }

  /** Waits for no answer: the test says what comes. */
  async logIn(user: string, password: string): Promise<void> {
    await this.page.getByLabel("User").fill(user);
    await this.page.getByLabel("Password").fill(password);
    await this.button("Log in").click();
  }

  /** Fills the form of an import; nothing is started yet. */
  async fillImport(file: string, collection: string): Promise<void> {
    await this.goTo("Import");
    await this.page.getByLabel("Files").fill(file);
    await this.page.getByLabel("Collection", { exact: true }).fill(collection);
  }

  /** Of the form of a new import. */
  async openOptions(): Promise<void> {
    await this.page.getByText("Options", { exact: true }).click();
  }

  /** Waits for the page of the job that was started. */
  async onJobPage(): Promise<string> {
    await this.page.waitForURL(/#\/jobs\/\d+$/);
    await this.page.getByRole("heading", { level: 1, name: /^Job \d+$/ }).waitFor();
    return this.page.url().split("/").at(-1) ?? "";
  }

  /** Waits until the job of the page is in a state. */
  async until(state: string): Promise<void> {
    await this.page.locator(".outcome .badge", { hasText: state }).waitFor();
  }

  /** Orders something of the job of the page, and confirms it. */
  async order(name: string): Promise<void> {
    await this.button(name).click();
    await this.page.getByRole("dialog").getByRole("button", { name }).click();
  }

  /** The row of a table that has a cell with this text. */
  row(text: string): Locator {
    return this.page.getByRole("row").filter({ has: this.page.getByRole("cell", { name: text, exact: true }) });
  }

  /** Over REST, as root. */
  async post<T>(path: string, body: object): Promise<T> {
    const response = await fetch(`${this.#server.url}/v2/vectordb/${path}`, {
      method: "POST",
      headers: { authorization: "Bearer root:Milvus", "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const { code, data } = (await response.json()) as { code: number; data: T };
    expect(code).toBe(0);
    return data;
  }

  /** Left in the folder of `SLUICE_SCREENSHOTS`; nothing without it. @param name without ending */
  async picture(name: string): Promise<void> {
    if (pictures === undefined) return;
    await mkdir(pictures, { recursive: true });
    await this.page.screenshot({ path: join(pictures, `${name}.png`), animations: "disabled" });
  }
}
