import type { AccessPolicy } from "@sluice/access";
import type { Table } from "./table.ts";

/** Users, roles, grants and groups, all in one: they are few, and who reads them sees one state. Passwords are hashes. */
export interface AccessRecord {
  readonly policy: AccessPolicy;
}

/** Written by the rootcoord. */
export const ACCESS: Table<AccessRecord, string> = { name: "access", idOf: () => "policy" };
