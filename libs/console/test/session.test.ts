import { afterAll, beforeAll, beforeEach, expect, it, jest } from "@jest/globals";

const stored = new Map<string, string>();
const { fetch } = globalThis;
let session: typeof import("../page/session.ts").session;
let rest: typeof import("../page/session.ts").rest;

beforeAll(async () => {
  const sessionStorage = {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => stored.set(key, value),
    removeItem: (key: string) => stored.delete(key),
  };
  Object.assign(globalThis, { sessionStorage });
  globalThis.fetch = jest.fn(async () => Response.json({ code: 1800, message: "unknown" }, { status: 401 }));
  ({ session, rest } = await import("../page/session.ts"));
});

afterAll(() => {
  globalThis.fetch = fetch;
});

beforeEach(() => stored.clear());

/** What a page asks for when it is opened. */
const askTwice = () => Promise.allSettled([rest.post("jobs/import/list"), rest.post("collections/list")]);

it("who is refused is told so, however many calls were under way", async () => {
  session.logIn("root", "wrong");
  await askTwice();
  expect([session.isLoginNeeded, session.isRefused, session.user]).toEqual([true, true, undefined]);
  session.logIn("root", "right");
  expect([session.isLoginNeeded, session.isRefused, session.user]).toEqual([false, false, "root"]);
});

it("who has logged in meanwhile stays so", async () => {
  session.logIn("root", "wrong");
  const late = askTwice();
  session.logIn("root", "right");
  await late;
  expect([session.isLoginNeeded, session.isRefused, session.user]).toEqual([false, false, "root"]);
});

it("who has not logged in is asked to, and told nothing of a password", async () => {
  session.logOut();
  await askTwice();
  expect([session.isLoginNeeded, session.isRefused]).toEqual([true, false]);
});
