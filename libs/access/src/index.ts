export * from "./grants.ts";
export { checkDescription, checkGroupName, checkRoleName, checkUserName, decodedPassword } from "./names.ts";
export * from "./passwords.ts";
export * from "./policy.ts";
export { builtInGroups, type ObjectType, privileges } from "./privileges.ts";
export * from "./users.ts";
