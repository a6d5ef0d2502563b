import type { MetaStore, MetaTransaction } from "./meta-store.ts";

/** etcd refuses more by default; all adapters hold to it, so that what was tried on one works on all. */
export const transactionOperations = 128;
/** Bytes of UTF-8 that fit into lmdb's key. */
const maxKeyBytes = 1024;

/** Refuses what no adapter may take: misuse by the program, hence a plain Error. */
export function checkTransaction({ guards, writes }: MetaTransaction, limits: MetaStore["limits"]): void {
  const operations = guards.length + writes.length;
  if (operations > limits.transactionOperations) {
    throw new Error(`the transaction has ${operations} operations, the limit is ${limits.transactionOperations}`);
  }
  const written = new Set<string>();
  for (const { key, value } of writes) {
    checkMetaKey(key);
    if (written.has(key)) throw new Error(`the transaction writes the key "${key}" twice`);
    if (value !== undefined && !value.isWellFormed())
      throw new Error(`the value of "${key}" is not well-formed Unicode`);
    written.add(key);
  }
  for (const { key } of guards) checkMetaKey(key);
}

/** A key is well-formed text of 1 to 1024 bytes without NUL. */
export function checkMetaKey(key: string): void {
  if (key === "" || key.includes("\0") || !key.isWellFormed() || Buffer.byteLength(key) > maxKeyBytes) {
    throw new Error(
      `invalid metastore key ${JSON.stringify(key)}: expected 1 to ${maxKeyBytes} bytes of text without NUL`,
    );
  }
}
