import { checkStatus, type common, milvus } from "@sluice/rpc";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { ProxyContext } from "../context.ts";
import { parseBody, required } from "./rest.ts";
import { bodyOf, namesIn } from "./routes/members.ts";
import { asMethod, facts } from "./routes/route-facts.ts";

const text = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const body = z.object({
  ...{ userName: text, password: text, newPassword: text, description: text, roleName: text },
  ...{ objectType: text, objectName: text, privilege: text, dbName: text, collectionName: text },
  ...{ privilegeGroupName: text, privileges: z.array(z.string()).nullish() },
});
type Body = z.infer<typeof body>;

/** What a route answers; `description` stands beside the data. */
interface Answer {
  readonly data: unknown;
  readonly description?: string;
}

/** One route: what it does, in words, the members of its body, and by code. */
type Route = readonly [summary: string, members: string, run: (body: Body, context: ProxyContext) => Promise<Answer>];

const done = async (status: Promise<common.Status>): Promise<Answer> => {
  checkStatus(await status);
  return { data: {} };
};
const base64 = (password = "") => Buffer.from(password).toString("base64");
const { Grant, Revoke } = milvus.OperatePrivilegeType;
const { AddUserToRole, RemoveUserFromRole } = milvus.OperateUserRoleType;
const { AddPrivilegesToGroup, RemovePrivilegesFromGroup } = milvus.OperatePrivilegeGroupType;

function userRole(type: milvus.OperateUserRoleType): Route {
  const run: Route[2] = ({ userName = "", roleName = "" }, { root }) =>
    done(root.operateUserRole({ base: undefined, username: userName, roleName, type }));
  return [`${type === AddUserToRole ? "Gives a user a role" : "Takes a role from a user"}`, "userName! roleName!", run];
}

function privilege(type: milvus.OperatePrivilegeType): Route {
  const run: Route[2] = (asked, { root }) => {
    const { roleName = "", objectType = "", objectName = "", privilege = "", dbName = "default" } = asked;
    const entity = {
      ...{ role: { name: roleName, description: "" }, object: { name: objectType }, objectName, dbName },
      grantor: { user: undefined, privilege: { name: privilege } },
    };
    return done(root.operatePrivilege({ base: undefined, entity, type, version: "" }));
  };
  const summary = `${type === Grant ? "Grants a role" : "Takes from a role"} a privilege on an object`;
  return [summary, "roleName! objectType! objectName! privilege! dbName", run];
}

function privilegeV2(type: milvus.OperatePrivilegeType): Route {
  const run: Route[2] = (asked, { root }) => {
    const { roleName = "", privilege: name = "", dbName = "default", collectionName = "*" } = asked;
    const [role, grantor] = [
      { name: roleName, description: "" },
      { user: undefined, privilege: { name } },
    ];
    return done(root.operatePrivilegeV2({ base: undefined, role, grantor, type, dbName, collectionName }));
  };
  const summary = `${type === Grant ? "Grants a role" : "Takes from a role"} a privilege or a group of them`;
  return [summary, "roleName! privilege! dbName collectionName", run];
}

function groupMembers(type: milvus.OperatePrivilegeGroupType): Route {
  const run: Route[2] = ({ privilegeGroupName: groupName = "", privileges }, { root }) => {
    const members = (privileges ?? []).map((name) => ({ name }));
    return done(root.operatePrivilegeGroup({ base: undefined, groupName, privileges: members, type }));
  };
  const summary = `${type === AddPrivilegesToGroup ? "Adds privileges to" : "Removes privileges from"} a group`;
  return [summary, "privilegeGroupName! privileges", run];
}

/** Below `/v2/vectordb/`, with the method whose guard they have. Source: around-import §1.5. */
const accessRoutes: Readonly<Record<string, readonly [method: string, route: Route]>> = {
  "users/list": [
    "listCredUsers",
    [
      "Names of the users",
      "",
      async (_, { root }) => {
        const { status, usernames } = await root.listCredUsers({ base: undefined });
        checkStatus(status);
        return { data: usernames };
      },
    ],
  ],
  "users/describe": [
    "selectUser",
    [
      "The roles of a user",
      "userName!",
      async ({ userName: name = "" }, { root }) => {
        const { status, results } = await root.selectUser({ base: undefined, user: { name }, includeRoleInfo: true });
        checkStatus(status);
        const [found] = results;
        return { data: found?.roles.map((role) => role.name) ?? [], description: found?.description ?? "" };
      },
    ],
  ],
  "users/create": [
    "createCredential",
    [
      "Makes a user",
      "userName! password! description",
      ({ userName: username = "", password, description }, { root }) =>
        done(root.createCredential({ ...noTimes, username, password: base64(password), description })),
    ],
  ],
  "users/update_password": [
    "updateCredential",
    [
      "Changes password or description of a user",
      "userName! password newPassword description",
      ({ userName: username = "", password, newPassword, description }, { root }) => {
        const passwords = { oldPassword: base64(password), newPassword: base64(newPassword) };
        return done(root.updateCredential({ ...noTimes, ...passwords, username, description }));
      },
    ],
  ],
  "users/drop": [
    "deleteCredential",
    [
      "Drops a user",
      "userName!",
      ({ userName: username = "" }, { root }) => done(root.deleteCredential({ base: undefined, username })),
    ],
  ],
  "users/grant_role": ["operateUserRole", userRole(AddUserToRole)],
  "users/revoke_role": ["operateUserRole", userRole(RemoveUserFromRole)],
  "roles/list": [
    "selectRole",
    [
      "Names of the roles",
      "",
      async (_, { root }) => {
        const { status, results } = await root.selectRole({ base: undefined, role: undefined, includeUserInfo: false });
        checkStatus(status);
        return { data: results.map(({ role }) => role?.name ?? "") };
      },
    ],
  ],
  "roles/create": [
    "createRole",
    [
      "Makes a role",
      "roleName! description",
      ({ roleName: name = "", description = "" }, { root }) =>
        done(root.createRole({ base: undefined, entity: { name, description } })),
    ],
  ],
  "roles/drop": [
    "dropRole",
    [
      "Drops a role",
      "roleName!",
      ({ roleName = "" }, { root }) => done(root.dropRole({ base: undefined, roleName, forceDrop: false })),
    ],
  ],
  "roles/describe": ["selectGrant", ["What a role may do", "roleName! dbName", describeRole]],
  "roles/grant_privilege": ["operatePrivilege", privilege(Grant)],
  "roles/revoke_privilege": ["operatePrivilege", privilege(Revoke)],
  "roles/grant_privilege_v2": ["operatePrivilegeV2", privilegeV2(Grant)],
  "roles/revoke_privilege_v2": ["operatePrivilegeV2", privilegeV2(Revoke)],
  "privilege_groups/create": [
    "createPrivilegeGroup",
    [
      "Makes a group of privileges",
      "privilegeGroupName!",
      ({ privilegeGroupName: groupName = "" }, { root }) =>
        done(root.createPrivilegeGroup({ base: undefined, groupName })),
    ],
  ],
  "privilege_groups/drop": [
    "dropPrivilegeGroup",
    [
      "Drops a group of privileges",
      "privilegeGroupName!",
      ({ privilegeGroupName: groupName = "" }, { root }) =>
        done(root.dropPrivilegeGroup({ base: undefined, groupName })),
    ],
  ],
  "privilege_groups/list": ["listPrivilegeGroups", ["Groups of privileges", "", listGroups]],
  "privilege_groups/add_privileges_to_group": ["operatePrivilegeGroup", groupMembers(AddPrivilegesToGroup)],
  "privilege_groups/remove_privileges_from_group": ["operatePrivilegeGroup", groupMembers(RemovePrivilegesFromGroup)],
};

const noTimes = { base: undefined, createdUtcTimestamps: 0n, modifiedUtcTimestamps: 0n };

async function describeRole({ roleName: name = "", dbName = "" }: Body, { root }: ProxyContext): Promise<Answer> {
  const role = { name, description: "" };
  const found = await root.selectRole({ base: undefined, role, includeUserInfo: false });
  checkStatus(found.status);
  const { status, entities } = await root.selectGrant({
    base: undefined,
    entity: { role, object: undefined, objectName: "", grantor: undefined, dbName },
  });
  checkStatus(status);
  const data = entities.map(({ object, objectName, grantor, dbName }) => ({
    ...{ objectType: object?.name, objectName, dbName },
    ...{ privilege: grantor?.privilege?.name, grantor: grantor?.user?.name },
  }));
  return { data, description: found.results[0]?.role?.description ?? "" };
}

async function listGroups(_: Body, { root }: ProxyContext): Promise<Answer> {
  const { status, privilegeGroups } = await root.listPrivilegeGroups({ base: undefined });
  checkStatus(status);
  const groups = privilegeGroups.map(({ groupName, privileges }) => ({
    privilegeGroupName: groupName,
    privileges: privileges.map(({ name }) => name).join(","),
  }));
  return { data: { privilegeGroups: groups } };
}

/** Users, roles and grants over REST, in the form of Milvus v2. */
export function accessRoutesOf(app: FastifyInstance, context: ProxyContext): void {
  for (const [path, [method, [summary, members, run]]] of Object.entries(accessRoutes))
    app.post(
      `/v2/vectordb/${path}`,
      facts(summary, asMethod(method), { body: bodyOf(members) }),
      async (request: FastifyRequest) => {
        const asked = parseBody(body, request.body);
        for (const { name, isNeeded } of namesIn(members)) if (isNeeded) required(asked[name as keyof Body], name);
        return { code: 0, ...(await run(asked, context)) };
      },
    );
}
