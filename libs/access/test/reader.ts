import {
  type AccessPolicy,
  grantByLevel,
  initialPolicy,
  withGrant,
  withRole,
  withUser,
  withUserRole,
} from "@sluice/access";

export const user = { passwordHash: "x", description: "" };

/** Ann has the role `reader`, which grants nothing yet. */
export const start = withUserRole(
  withRole(withUser(initialPolicy("r"), "ann", user), "reader", ""),
  "ann",
  "reader",
  true,
);

/** The policy in which the role has a privilege, or a group of them, too. */
export const granted = (
  privilege: string,
  collectionName = "books",
  dbName = "default",
  policy: AccessPolicy = start,
) => withGrant(policy, "reader", grantByLevel(policy, { privilege, dbName, collectionName, grantor: "root" }));
