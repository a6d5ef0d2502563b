import { expect, it } from "@jest/globals";
import type { Transacted, Transaction } from "../src/etcd/etcd-codec.ts";
import { CommitSlots } from "../src/etcd/etcd-commit.ts";
import type { EtcdConnection } from "../src/etcd/etcd-connection.ts";

/** An etcd that refuses every transaction, and whose first answer to each is lost. */
function refusing() {
  const leases: { readonly id: string; isEnded: boolean }[] = [];
  let isLost = false;
  const connection = {
    keyOf: (name: string) => Buffer.from(name),
    call: async <T>(_doing: string, make: () => Promise<T>): Promise<T> => make().catch(() => make()),
    transact: async ({ conditions }: Transaction): Promise<Transacted> => {
      if (!conditions) return { succeeded: true, revision: 1n, found: [] };
      isLost = !isLost;
      if (isLost) throw new Error("no answer");
      return { succeeded: false, revision: 1n, found: [undefined] };
    },
    grantLease: async () => {
      const lease = { id: `${leases.length}`, isEnded: false, lost: new AbortController().signal };
      leases.push(lease);
      return { ...lease, end: async () => void Object.assign(lease, { isEnded: true }) };
    },
  };
  return { slots: new CommitSlots(connection as unknown as EtcdConnection), leases };
}

it("C5: used-up slots go with their lease, while transactions go on with another", async () => {
  const { slots, leases } = refusing();
  for (let i = 0; i < 63; i++) expect(await slots.commit([], [])).toBeUndefined();
  expect(leases.map(({ isEnded }) => isEnded)).toEqual([false]);
  for (let i = 0; i < 100; i++) expect(await slots.commit([], [])).toBeUndefined();
  expect(leases.map(({ isEnded }) => isEnded)).toEqual([true, true, false]);
});
