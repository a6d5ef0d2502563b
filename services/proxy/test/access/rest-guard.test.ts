import { expect, it } from "@jest/globals";
import { initialPolicy } from "@sluice/access";
import { silentLogger } from "@sluice/telemetry";
import type { AccessControl } from "../../src/access/access-control.ts";
import { AccessRefused } from "../../src/access/access-refused.ts";
import { guardRoutes } from "../../src/access/rest-guard.ts";
import type { ProxyContext } from "../../src/context.ts";
import { openRestApp } from "../../src/http/rest.ts";
import { asMethod, facts } from "../../src/http/routes/route-facts.ts";

it("a change that was made counts before its answer goes; one that was refused is none", async () => {
  const events: string[] = [];
  let isRefused = false;
  const access = {
    caller: async () => ({ user: "root", policy: initialPolicy("") }),
    check: async () => {
      if (isRefused) throw AccessRefused.denied("CreateOwnership", "root", "*");
    },
    forget: () => events.push("forgotten"),
  } as unknown as AccessControl;
  await using app = openRestApp(silentLogger);
  guardRoutes(app, { access, context: {} as ProxyContext, log: silentLogger });
  app.addHook("onSend", async () => void events.push("sent"));
  const making = facts("Makes a user", asMethod("createCredential"), { changesAccess: true });
  app.post("/v2/vectordb/users/create", making, async () => ({
    code: 0,
    data: {},
  }));
  const create = () => app.inject({ method: "POST", url: "/v2/vectordb/users/create", payload: "{}" });
  const authorized = { authorization: "root:x" };
  await app.inject({ method: "POST", url: "/v2/vectordb/users/create", payload: "{}", headers: authorized });
  expect(events).toEqual(["forgotten", "sent"]);
  isRefused = true;
  await app.inject({ method: "POST", url: "/v2/vectordb/users/create", payload: "{}", headers: authorized });
  expect((await create()).statusCode).toBe(401);
  expect(events).toEqual(["forgotten", "sent", "sent", "sent"]);
});
