import { expect, it } from "@jest/globals";
import { okStatus } from "@sluice/rpc";
import { audited } from "../../src/access/audit-calls.ts";
import type { AuditEntry, AuditLog } from "../../src/access/audit-log.ts";
import type { CallContext } from "../../src/call-context.ts";

const grantor = { privilege: { name: "Query" } };

/** As pymilvus sends them. */
it.each([
  ["createCredential", { username: "ann" }, { about: "ann" }],
  [
    "operateUserRole",
    { username: "ann", roleName: "reader", type: 0 },
    { about: "ann", change: "grant", role: "reader" },
  ],
  ["createRole", { entity: { name: "reader" } }, { about: "reader" }],
  ["alterRole", { roleName: "reader" }, { about: "reader" }],
  ["dropRole", { roleName: "reader" }, { about: "reader" }],
  [
    "operatePrivilege",
    { entity: { role: { name: "reader" }, grantor }, type: 0 },
    { about: "reader", privilege: "Query" },
  ],
  ["operatePrivilegeV2", { role: { name: "reader" }, grantor, type: 1 }, { change: "revoke", privilege: "Query" }],
  ["operatePrivilegeGroup", { groupName: "readers", type: 1 }, { about: "readers", change: "revoke" }],
  ["createPrivilegeGroup", { groupName: "readers" }, { about: "readers" }],
  ["dropAlias", { alias: "b" }, { about: "b" }],
  ["renameCollection", { oldName: "books", newName: "tales" }, { collectionName: "books" }],
])("a line says what %s was about", async (method, request, expected) => {
  const lines: AuditEntry[] = [];
  const audit = { note: (entry: AuditEntry) => void lines.push(entry) } as unknown as AuditLog;
  const call = { database: "default", address: "10.0.0.7", caller: { user: "root" } } as unknown as CallContext;
  await audited(audit)(async () => ({ status: okStatus() }), method)(request, call);
  expect(lines).toMatchObject([{ user: "root", call: method, outcome: "done", ...expected }]);
});
