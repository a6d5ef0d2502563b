import { expect, it } from "@jest/globals";
import { type AccessPolicy, hashPassword, initialPolicy } from "@sluice/access";
import { okStatus } from "@sluice/rpc";
import { silentLogger } from "@sluice/telemetry";
import { AccessControl } from "../../src/access/access-control.ts";
import { checkMethod } from "../../src/access/guarded-calls.ts";
import type { ProxyContext } from "../../src/context.ts";

/** A user who may do everything in the database `mine`; the collection with the id 7 is in another one. */
async function setUp() {
  const initial = initialPolicy(await hashPassword("secret"));
  const all = { objectName: "*", dbName: "mine", privilege: "*", grantor: "root" };
  const policy: AccessPolicy = {
    ...initial,
    users: { ...initial.users, ann: { ...initial.users.root, roles: ["owner"] } },
    roles: {
      ...initial.roles,
      owner: {
        description: "",
        grants: [
          { object: "Collection", ...all },
          { object: "Global", ...all },
        ],
      },
    },
  };
  const resolved = { status: okStatus(), collectionName: "secrets", dbName: "theirs" };
  const context = { root: { resolveCollection: async () => resolved } } as unknown as ProxyContext;
  const deps = { access: new AccessControl(context, silentLogger), context };
  return async (method: string, request: object) => checkMethod(method, request, "mine", { user: "ann", policy }, deps);
}

it("an id of another database's collection opens nothing, and no refusal tells how either is called", async () => {
  const check = await setUp();
  for (const method of ["showPartitions", "describeCollection", "manualCompaction"]) {
    const refusal = await check(method, { collectionID: 7n }).then(String, String);
    expect(refusal).toMatch(
      /permission deny to ann in the `mine`|can't find collection\[database=mine\]\[collection=7\]/,
    );
    expect(refusal).not.toMatch(/secrets|theirs/);
  }
});

it("an id beside a name that is granted is asked for, too: not every handler follows the name", async () => {
  const check = await setUp();
  await check("manualCompaction", { collectionName: "own" });
  for (const method of ["showPartitions", "describeCollection", "manualCompaction"]) {
    const refusal = await check(method, { collectionName: "own", collectionID: 7n }).then(String, String);
    expect(refusal).toMatch(
      /permission deny to ann in the `mine`|can't find collection\[database=mine\]\[collection=own\]/,
    );
  }
});

it("a collection is renamed into another database by who may do so in all", async () => {
  const check = await setUp();
  await check("renameCollection", { oldName: "a", newName: "b", newDBName: "" });
  await check("renameCollection", { oldName: "a", newName: "b", newDBName: "mine" });
  await expect(check("renameCollection", { oldName: "a", newName: "b", newDBName: "theirs" })).rejects.toThrow(
    "PrivilegeRenameCollection: permission deny to ann in the `*` database",
  );
});
