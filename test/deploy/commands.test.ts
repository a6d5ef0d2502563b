import { readFileSync } from "node:fs";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, expect, it } from "@jest/globals";
import { readBlocks, root, runAsUser } from "../docs/blocks.ts";
import { findProgram } from "../support/find-program.ts";
import { describeWith } from "../support/needs.ts";
import { TemporaryFolders } from "../support/temporary-folders.ts";
import { givenSecret } from "./chart-rendering.ts";

const suite = describeWith("helm");

suite("helm, as the documents say it", () => {
  const folders = new TemporaryFolders();
  afterAll(() => folders[Symbol.asyncDispose]());

  /** What would be installed, rendered. */
  const render = (command: string, cwd: string) => {
    const args = command.replace("helm install", "template").replace(" --wait", "").split(/\s+/);
    return runAsUser(findProgram("helm") as string, [...args, "--kube-version", "1.34.0", ...givenSecret], cwd);
  };

  const installs = readBlocks().filter(({ text }) => text.startsWith("helm install"));

  it.each(installs)("$file", async ({ text }) => {
    const [install, test] = text.trim().split("\n");
    expect(test).toMatch(/^helm test sluice /);
    const folder = await folders.create();
    await cp(join(root, "helm"), join(folder, "helm"), { recursive: true });
    await cp(join(root, "helm/sluice/ci/small.yaml"), join(folder, "my-values.yaml"));
    expect(await render(install, folder)).toMatch(/helm\.sh\/hook"?: "?test/);
  });

  it("README.md", async () => {
    const [, command] = /`(helm install [^`]*)`/.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
    expect(await render(command, root)).toContain("kind: Deployment");
  });
});
