// libs/console/page -> libs/console/dist/page, by esbuild: one script, one style sheet, the page and the licence of what the
// script has of others.
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";

const source = "libs/console/page";
const out = "libs/console/dist/page";
// Written aside and moved in whole, as generated code is.
const fresh = "node_modules/.cache/console";

rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const { error, status } = spawnSync(
  "node_modules/.bin/esbuild",
  [
    ...[`${source}/main.tsx`, `${source}/console.css`, "--bundle", "--minify", "--format=esm", "--target=es2022"],
    ...["--jsx=automatic", "--jsx-import-source=preact", "--log-level=warning", `--outdir=${fresh}`],
  ],
  { stdio: "inherit" },
);
if (error) throw error;
if (status !== 0) process.exit(status ?? 1);
copyFileSync(`${source}/index.html`, `${fresh}/index.html`);
copyFileSync("libs/console/node_modules/preact/LICENSE", `${fresh}/preact-license.txt`);
mkdirSync("libs/console/dist", { recursive: true });
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);
