import { expect, it } from "@jest/globals";
import { withPort } from "../src/client/address.ts";

it.each([
  ["localhost", "localhost:19530"],
  ["[::1]", "[::1]:19530"],
  ["localhost:80", "localhost:80"],
  ["[::1]:80", "[::1]:80"],
  // A variable of the environment that is empty is none.
  ["", "127.0.0.1:19530"],
  ["https://sluice.example", "https://sluice.example"],
])("%s is %s", (given, meant) => {
  expect(withPort(given)).toBe(meant);
});
