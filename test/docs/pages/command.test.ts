import { expect, it } from "@jest/globals";
import { useServer } from "../../support/index.ts";
import { Page, runWithSluice } from "../blocks.ts";

const fixture = useServer();
const page = new Page("docs/command.md");

it("runs as written: inspect, import, query", async () => {
  const { server, importRoot } = fixture;
  const output = await runWithSluice(page.block("sluice import"), importRoot, server.address);
  expect(output).toContain("2\tWalden");
  expect(output).toContain('"state":"Completed"');
  expect(page.left).toEqual([]);
});
