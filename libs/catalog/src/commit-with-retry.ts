import type { MetaStore, MetaTransaction } from "@sluice/metastore";

const maxAttempts = 100;

/**
 * Read, decide, commit: `plan` reads records and returns the guarded transaction to make of them together with what the
 * caller wants to know, and is called again when a guard moved. Without `transaction` there is nothing to write.
 * @throws {Error} when a guard moved too often
 */
export async function commitWithRetry<R>(
  store: MetaStore,
  plan: () => Promise<{ readonly transaction?: MetaTransaction; readonly result: R }>,
): Promise<R> {
  for (let attempt = 1; attempt <= maxAttempts; attempt++) {
    const { transaction, result } = await plan();
    if (transaction === undefined || (await store.commit(transaction)) !== undefined) return result;
  }
  throw new Error(`the records changed ${maxAttempts} times while a transaction on them was being made`);
}
