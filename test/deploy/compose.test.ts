import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "@jest/globals";
import { parse } from "yaml";
import { roleSettings, settingKeys } from "./chart-settings.ts";

const folder = resolve(import.meta.dirname, "../../deploy");

it("the compose file gives every service settings that it knows", () => {
  const compose = parse(readFileSync(join(folder, "compose.yaml"), "utf8"), { merge: true });
  const settings = parse(readFileSync(join(folder, "settings.yaml"), "utf8"));
  expect(Object.keys(settings).filter((key) => !settingKeys.includes(key))).toEqual([]);
  for (const role of Object.keys(roleSettings))
    expect(compose.services[role]).toMatchObject({ command: [role], read_only: true });
});
