import { type AccessPolicy, hashPassword, initialPolicy } from "@sluice/access";
import { Serial } from "@sluice/async";
import { ACCESS, type AccessRecord, commitWithRetry, RecordTable } from "@sluice/catalog";
import type { MetaStore } from "@sluice/metastore";

/** Users, roles and grants as they are recorded. Before anything was changed there are root, admin and public. */
export class AccessBook {
  readonly #store: MetaStore;
  readonly #table: RecordTable<AccessRecord, string>;
  readonly #rootPassword: string;
  readonly #turns = new Serial();

  /** @param rootPassword of root, until it is changed */
  constructor(store: MetaStore, rootPassword: string) {
    this.#store = store;
    this.#table = new RecordTable(store, ACCESS);
    this.#rootPassword = rootPassword;
  }

  /** As recorded. The first call records it: the root password of the settings counts no more then. */
  async policy(): Promise<AccessPolicy> {
    const entry = await this.#table.get("policy");
    // Recorded at once, so that the setting counts no more: it may be changed later, or lost.
    return entry ? entry.record.policy : this.change((policy) => policy);
  }

  /** Writes what `decide` makes of the policy, and answers it. Refusals pass to the caller. */
  change(decide: (policy: AccessPolicy) => AccessPolicy): Promise<AccessPolicy> {
    return this.#turns.run(async () => {
      let initial: AccessPolicy | undefined;
      return commitWithRetry(this.#store, async () => {
        const entry = await this.#table.get("policy");
        const before = entry?.record.policy ?? (initial ??= initialPolicy(await hashPassword(this.#rootPassword)));
        const policy = decide(before);
        if (entry && policy === before) return { result: policy };
        const guards = [entry ? this.#table.guard(entry) : this.#table.absent("policy")];
        return { transaction: { guards, writes: [this.#table.write({ policy })] }, result: policy };
      });
    });
  }
}
