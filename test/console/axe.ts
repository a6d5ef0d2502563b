import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

const script = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const options: RunOptions = { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };

/** Where there is a gradient axe looks at no contrast, and says nothing. */
function shadesAre(background: "none" | ""): string {
  return `for (const { style } of document.querySelectorAll(".scroll")) style.background = "${background}";`;
}

/** What axe finds wrong with a page as it is: `rule: elements`. */
export async function accessibilityFaults(page: Page): Promise<string[]> {
  // The debugger's way in: the page's own policy lets nothing else in.
  await page.evaluate(await readFile(script, "utf8"));
  await page.evaluate(shadesAre("none"));
  const { violations } = await page.evaluate<AxeResults, RunOptions>(
    (asked) => (globalThis as unknown as { axe: { run(asked: object): Promise<AxeResults> } }).axe.run(asked),
    options,
  );
  await page.evaluate(shadesAre(""));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" ")}`);
}
