import { type AccessPolicy, sourcesOfRole } from "@sluice/access";
import { checkStatus, milvus } from "@sluice/rpc";
import type { ProxyContext } from "../../context.ts";
import type { Body } from "./body.ts";
import type { PublicCall } from "./public-call.ts";
import { empty, type RestRoute } from "./rest-route.ts";

const { Grant, Revoke } = milvus.OperatePrivilegeType;
const { AddUserToRole, RemoveUserFromRole } = milvus.OperateUserRoleType;
const { AddPrivilegesToGroup, RemovePrivilegesFromGroup } = milvus.OperatePrivilegeGroupType;

const user = (body: Body) => ({ username: body.required("userName") });
const role = (body: Body) => ({ name: body.required("roleName"), description: body.text("description") });
const group = (body: Body) => ({ groupName: body.required("privilegeGroupName") });
/** As clients send it. */
const password = (body: Body, name: string) => Buffer.from(body.text(name)).toString("base64");
const grantorOf = (body: Body) => ({ user: undefined, privilege: { name: body.required("privilege") } });
const database = (body: Body) => body.text("dbName") || "default";

const userRole =
  (type: milvus.OperateUserRoleType): RestRoute =>
  (body, call) =>
    empty(call("operateUserRole", { ...user(body), roleName: body.required("roleName"), type }));

const privilege =
  (type: milvus.OperatePrivilegeType): RestRoute =>
  (body, call) => {
    const about = { role: role(body), object: { name: body.required("objectType") }, dbName: database(body) };
    const entity = { ...about, objectName: body.required("objectName"), grantor: grantorOf(body) };
    return empty(call("operatePrivilege", { entity, type }));
  };

const privilegeV2 =
  (type: milvus.OperatePrivilegeType): RestRoute =>
  (body, call) => {
    const about = { dbName: database(body), collectionName: body.text("collectionName") || "*" };
    return empty(call("operatePrivilegeV2", { role: role(body), grantor: grantorOf(body), type, ...about }));
  };

const groupMembers =
  (type: milvus.OperatePrivilegeGroupType): RestRoute =>
  (body, call) => {
    const privileges = body.texts("privileges").map((name) => ({ name }));
    return empty(call("operatePrivilegeGroup", { ...group(body), privileges, type }));
  };

/** Users, roles and grants. Source: around-import §1.5. */
export const accessRoutes: Readonly<Record<string, RestRoute>> = {
  "users/list": async (_, call) => (await call("listCredUsers")).usernames,
  "users/create": (body, call) => {
    const description = body.has("description") ? { description: body.text("description") } : {};
    body.required("password");
    return empty(call("createCredential", { ...user(body), password: password(body, "password"), ...description }));
  },
  "users/update_password": (body, call) => {
    const description = body.has("description") ? { description: body.text("description") } : {};
    const passwords = { oldPassword: password(body, "password"), newPassword: password(body, "newPassword") };
    return empty(call("updateCredential", { ...user(body), ...passwords, ...description }));
  },
  "users/drop": (body, call) => empty(call("deleteCredential", user(body))),
  "users/grant_role": userRole(AddUserToRole),
  "users/revoke_role": userRole(RemoveUserFromRole),
  "roles/list": async (_, call) => (await call("selectRole")).results.map((one) => one.role?.name ?? ""),
  "roles/create": (body, call) => empty(call("createRole", { entity: role(body) })),
  "roles/alter": (body, call) => {
    const { name: roleName, description } = role(body);
    return empty(call("alterRole", { roleName, description }));
  },
  "roles/drop": (body, call) => empty(call("dropRole", { roleName: body.required("roleName") })),
  "roles/grant_privilege": privilege(Grant),
  "roles/revoke_privilege": privilege(Revoke),
  "roles/grant_privilege_v2": privilegeV2(Grant),
  "roles/revoke_privilege_v2": privilegeV2(Revoke),
  "privilege_groups/create": (body, call) => empty(call("createPrivilegeGroup", group(body))),
  "privilege_groups/drop": (body, call) => empty(call("dropPrivilegeGroup", group(body))),
  "privilege_groups/list": async (_, call) => ({
    privilegeGroups: (await call("listPrivilegeGroups")).privilegeGroups.map(({ groupName, privileges }) => ({
      privilegeGroupName: groupName,
      privileges: privileges.map(({ name }) => name).join(","),
    })),
  }),
  "privilege_groups/add_privileges_to_group": groupMembers(AddPrivilegesToGroup),
  "privilege_groups/remove_privileges_from_group": groupMembers(RemovePrivilegesFromGroup),
};

/** Those whose answers have a description beside `data`. */
export function describedAccessRoutes({ root }: ProxyContext): Readonly<Record<string, RestRoute>> {
  return {
    "users/describe": async (body, call) => {
      const name = body.required("userName");
      const [found] = (await call("selectUser", { user: { name }, includeRoleInfo: true })).results;
      return { data: found?.roles.map((held) => held.name) ?? [], description: found?.description ?? "" };
    },
    "roles/describe": async (body, call) => {
      const data = await grantsOf(body, call);
      // Whoever may see what a role grants may see what it is for.
      const found = await root.selectRole({ base: undefined, role: role(body), includeUserInfo: false });
      checkStatus(found.status);
      const sources = await sourcesOf(body.required("roleName"), root);
      return { data, description: found.results[0]?.role?.description ?? "", ...(sources && { sources }) };
    },
  };
}

async function sourcesOf(roleName: string, root: ProxyContext["root"]): Promise<readonly string[] | undefined> {
  const { status, policy } = await root.getAccessPolicy({});
  checkStatus(status);
  return sourcesOfRole(JSON.parse(policy) as AccessPolicy, roleName);
}

async function grantsOf(body: Body, call: PublicCall) {
  const entity = {
    role: role(body),
    object: undefined,
    objectName: "",
    grantor: undefined,
    dbName: body.text("dbName"),
  };
  return (await call("selectGrant", { entity })).entities.map(({ object, objectName, grantor, dbName }) => ({
    ...{ objectType: object?.name, objectName, dbName },
    ...{ privilege: grantor?.privilege?.name, grantor: grantor?.user?.name },
  }));
}
