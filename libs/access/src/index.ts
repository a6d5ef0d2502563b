export * from "./grants.ts";
export { callerOfKey, newKey, withKey, withoutKey } from "./keys.ts";
export { decodedPassword } from "./names.ts";
export * from "./passwords.ts";
export {
  type AccessPolicy,
  ADMIN_ROLE,
  type ApiKey,
  allows,
  type Demand,
  type Grant,
  grantsAnywhere,
  initialPolicy,
  isAdmin,
  knowsCollection,
  knowsDatabase,
  PUBLIC_ROLE,
  ROOT,
  type Role,
  readableSources,
  sourcesOfRole,
  type User,
} from "./policy.ts";
export { builtInGroups, type ObjectType } from "./privileges.ts";
export { rolesOf } from "./roles-of.ts";
export {
  userOf,
  withCredential,
  withoutRole,
  withoutUser,
  withRole,
  withRoleDescription,
  withRoleSources,
  withUser,
  withUserRole,
} from "./users.ts";
export * from "./volumes.ts";
