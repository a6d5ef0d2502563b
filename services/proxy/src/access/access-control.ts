import {
  type AccessPolicy,
  allows,
  callerOfKey,
  type Demand,
  grantsAnywhere,
  isAdmin,
  knowsCollection,
  knowsDatabase,
  readableSources,
  type VolumeRight,
  volumesWith,
} from "@sluice/access";
import { checkStatus, type importing } from "@sluice/rpc";
import type { Logger } from "@sluice/telemetry";
import { refusedVolume } from "@sluice/volumes";
import type { ProxyContext } from "../context.ts";
import { AccessRefused } from "./access-refused.ts";
import type { Shown } from "./credentials.ts";
import { VerifiedPasswords } from "./verified-passwords.ts";

/** Privileges on a collection of which each shows its jobs in lists. */
const listing = ["Import", "ListImport"] as const;
/** How long what was read of users and grants counts; what is changed through this proxy counts at once. */
const POLICY_MS = 1000;

/** Who calls, as far as it matters for one call. */
export interface Caller {
  readonly user: string;
  readonly policy: AccessPolicy;
}

/** Which of its demands must be granted: one of each list. */
export type Demands = readonly (readonly Demand[])[];

/** Looks after who calls and what they may do, once for gRPC and REST. */
export class AccessControl {
  readonly #context: ProxyContext;
  readonly #passwords: VerifiedPasswords;
  #policy: { readonly value: Promise<AccessPolicy>; readonly readMs: number } | undefined;
  /** That of `#policy`, once it is there. */
  #known: AccessPolicy | undefined;

  constructor(context: ProxyContext, log: Logger) {
    this.#context = context;
    this.#passwords = new VerifiedPasswords(log);
  }

  /** At once where nothing has to be read or hashed, as for nearly every call. @throws {AccessRefused} when they are no user's */
  caller(shown: Shown): Caller | Promise<Caller> {
    const policy = this.#isFresh() ? this.#known : undefined;
    if (!policy) return this.#read().then((read) => this.#callerOf(read, shown));
    return this.#callerOf(policy, shown);
  }

  #callerOf(policy: AccessPolicy, shown: Shown): Caller | Promise<Caller> {
    if ("key" in shown) return { user: callerWithKey(policy, shown.key), policy };
    const caller = { user: shown.user, policy };
    return this.#passwords.isRight(policy, shown) ? caller : this.#passwords.check(policy, shown).then(() => caller);
  }

  /** Users or grants have changed: what was read of them counts no more. */
  forget(): void {
    this.#policy = undefined;
    this.#known = undefined;
  }

  /**
   * @param askedDb the database that the caller has named: no refusal tells of another one
   * @returns a promise only where grants have to be looked for by what an alias stands for
   * @throws {AccessRefused} when one of the demands is not granted
   */
  check(caller: Caller, demands: Demands, askedDb?: string): Promise<void> | undefined {
    const open = demands.filter((anyOf) => !anyOf.some((demand) => allows(caller.policy, caller.user, demand)));
    return open.length === 0 ? undefined : this.#checkAliases(caller, open, askedDb);
  }

  async #checkAliases({ user, policy }: Caller, demands: Demands, askedDb: string | undefined): Promise<void> {
    for (const anyOf of demands) {
      const resolved = await Promise.all(anyOf.map((demand) => this.#withoutAlias(demand)));
      if (resolved.some((demand) => allows(policy, user, demand))) continue;
      const { privilege, dbName } = anyOf[0];
      throw AccessRefused.denied(privilege, user, dbName === "*" ? dbName : (askedDb ?? dbName));
    }
  }

  /** @throws {AccessRefused} unless the caller may do everything */
  checkAdmin({ user, policy }: Caller, what: string): void {
    if (!isAdmin(policy, user)) throw AccessRefused.denied(what, user, "default");
  }

  /** Grants name collections, not their aliases. */
  async #withoutAlias(demand: Demand): Promise<Demand> {
    const { dbName, objectName, object } = demand;
    if (object === "User" || objectName === "*" || objectName === "") return demand;
    const { status, collectionName } = await this.#context.root.resolveCollection({
      ...{ dbName, collectionName: objectName, collectionId: 0n },
    });
    return status?.code ? demand : { ...demand, objectName: collectionName };
  }

  #isFresh(): boolean {
    return this.#policy !== undefined && performance.now() - this.#policy.readMs < POLICY_MS;
  }

  #read(): Promise<AccessPolicy> {
    if (this.#policy && this.#isFresh()) return this.#policy.value;
    const value = this.#context.root.getAccessPolicy({}).then(({ status, policy }) => {
      checkStatus(status);
      return JSON.parse(policy) as AccessPolicy;
    });
    const reading = { value, readMs: performance.now() };
    this.#policy = reading;
    this.#known = undefined;
    value.then(
      (policy) => {
        if (this.#policy === reading) this.#known = policy;
      },
      () => this.forget(),
    );
    return value;
  }
}

/** @throws {AccessRefused} in Milvus's words */
function callerWithKey(policy: AccessPolicy, key: string): string {
  const user = callerOfKey(policy, key, Date.now());
  if (user === undefined) throw AccessRefused.unknownCaller("auth check failure, please check api key is correct");
  return user;
}

/** Whether lists show a collection to a caller. */
export function showsCollection({ user, policy }: Caller, dbName: string, name: string): boolean {
  return knowsCollection(policy, user, dbName, name);
}

/** Whether lists show a database to a caller. */
export function showsDatabase({ user, policy }: Caller, dbName: string): boolean {
  return knowsDatabase(policy, user, dbName);
}

/** Whether no job is hidden from a caller. */
export function maySeeAllJobs({ user, policy }: Caller): boolean {
  return isAdmin(policy, user);
}

/** Whether a job of a collection is listed to a caller. */
export function showsJob(
  { user, policy }: Caller,
  { dbName, collectionName: objectName }: { readonly dbName: string; readonly collectionName: string },
): boolean {
  return listing.some((privilege) => allows(policy, user, { privilege, object: "Collection", objectName, dbName }));
}

/** Which jobs are listed to a caller, by their files; all unless its roles are confined. */
export function listedScopeOf(caller: Caller | undefined): importing.SourceScope | undefined {
  return scopeOf(caller, listing);
}

/**
 * What a caller may import from; undefined = every source, as where nobody is asked.
 * @param privileges what the caller wants instead, such as to see jobs: of those with files elsewhere nothing is shown
 */
export function scopeOf(
  caller: Caller | undefined,
  privileges: readonly string[] = ["Import"],
): importing.SourceScope | undefined {
  if (!caller || isAdmin(caller.policy, caller.user)) return undefined;
  const confined = readableSources(caller.policy, caller.user, privileges);
  const volumes = namesOf(caller, "use").map((name) => (name === "*" ? "volume://" : `volume://${name}/`));
  return {
    prefixes: [...(confined ?? []), ...volumes],
    beyondVolumes: confined === undefined,
    writtenVolumes: [...namesOf(caller, "write")],
  };
}

/** Names of volumes; `*` stands for all of them. */
function namesOf({ user, policy }: Caller, right: VolumeRight): readonly string[] {
  return volumesWith(policy, user, right) ?? ["*"];
}

/** Whether lists show a volume to a caller. */
export function showsVolume(caller: Caller, name: string): boolean {
  const names = namesOf(caller, "see");
  return names.includes("*") || names.includes(name);
}

/** @throws {StatusError} 63249; 63240 where the caller may do nothing with it, whether there is such a volume or not */
export function checkVolumeRight(caller: Caller, name: string, right: VolumeRight): void {
  const names = namesOf(caller, right);
  if (names.includes("*") || names.includes(name)) return;
  throw refusedVolume(name, namesOf(caller, "see"), right);
}

/** Whether a caller may do something with any collection at all. */
export function mayAnywhere({ user, policy }: Caller, privilege: string): boolean {
  return grantsAnywhere(policy, user, privilege);
}
