import { randomUUID } from "node:crypto";
import { StatusError, statusCodes } from "@sluice/errors";
import type { KeyOperation, Unmoved } from "./etcd-codec.ts";
import type { EtcdConnection } from "./etcd-connection.ts";
import { isLeaseGone, isTransient } from "./etcd-errors.ts";
import type { EtcdLease } from "./etcd-lease.ts";

/** How long the slots of a process that died are left behind. */
const SESSION_TTL_MS = 600_000;

/** Slots of a session that are used up before another one begins. */
const USED_UP_SLOTS = 64;

const NOTHING = Buffer.alloc(0);

interface Session {
  readonly id: string;
  readonly lease: EtcdLease;
  /** Transactions that go through its slots now. */
  running: number;
  usedUp: number;
}

interface Slot {
  readonly key: Buffer;
  readonly session: Session;
  /** Of the last commit that went through the slot; 0n before the first. */
  revision: bigint;
}

/** What became of a transaction. */
type Outcome =
  | { readonly kind: "carried out"; readonly revision: bigint }
  | { readonly kind: "refused" }
  | { readonly kind: "session gone" };

/**
 * Transactions that are carried out once at most, however often they are sent.
 *
 * C1. A transaction goes through a slot, a key of this process that one transaction at a time may use: it is guarded by
 *     the slot's revision, and writes the slot. The first copy that etcd carries out moves the slot; later copies, sent
 *     since the first answer was lost, or sent before and late in arriving, find it moved and write nothing.
 * C2. A copy that is refused tells in the same answer whether the slot has moved. It has: an earlier copy was carried out,
 *     by the revision in the slot. It has not: a guard of the caller has moved.
 * C3. A slot that copies may still be under way to, of a transaction that was refused or given up, is written and never
 *     used again: what was said not to be carried out will not be.
 * C4. Slots hang on a lease, so that nothing is left of a process that died. Without the lease nothing can be written
 *     through them.
 * C5. When many slots of a lease are used up (C3), a session with another lease begins, and the old lease is given up as
 *     soon as no transaction goes through it: with it go its slots, and what copies may still be under way (C4).
 */
export class CommitSlots {
  readonly #connection: EtcdConnection;
  readonly #free: Slot[] = [];
  #session: Promise<Session> | undefined;
  #count = 0;

  constructor(connection: EtcdConnection) {
    this.#connection = connection;
  }

  /**
   * @returns the revision, or undefined when a guard has moved
   * @throws {StatusError} `notReady`; its text says so when the transaction may have been carried out
   */
  async commit(conditions: readonly Unmoved[], success: readonly KeyOperation[]): Promise<bigint | undefined> {
    for (;;) {
      const slot = await this.#take();
      let tries = 0;
      const send = () => {
        tries++;
        return this.#send(slot, conditions, success);
      };
      slot.session.running++;
      try {
        const outcome = await this.#connection.call("commit", send).catch((error: StatusError): Outcome => {
          if (tries === 1 && isLeaseGone(error)) return { kind: "session gone" };
          slot.session.usedUp++;
          throw tries > 1 || isTransient(error.cause) ? uncertain(error) : error;
        });
        if (outcome.kind === "session gone") {
          this.#forget(slot.session);
          continue;
        }
        if (outcome.kind === "carried out") slot.revision = outcome.revision;
        if (outcome.kind === "refused" && tries > 1) await this.#burn(slot);
        else this.#free.push(slot);
        return outcome.kind === "carried out" ? outcome.revision : undefined;
      } finally {
        slot.session.running--;
        this.#replace(slot.session);
      }
    }
  }

  /** C5. A transaction that has just taken a slot of it finds the lease gone, and takes another one. */
  #replace(session: Session): void {
    if (session.usedUp < USED_UP_SLOTS) return;
    this.#leave(session);
    if (session.running === 0) void session.lease.end();
  }

  /** One try (C1, C2). */
  async #send(slot: Slot, conditions: readonly Unmoved[], success: readonly KeyOperation[]): Promise<Outcome> {
    const { key, revision: before } = slot;
    const { succeeded, revision, found } = await this.#connection.transact({
      conditions: [...conditions, { key, revision: before }],
      success: [...success, putSlot(slot)],
      failure: [{ get: key }],
    });
    if (succeeded) return { kind: "carried out", revision };
    const [moved] = found;
    if ((moved?.revision ?? 0n) === before) return { kind: "refused" };
    if (!moved) throw new Error("requested lease not found: the slots of this process are gone");
    return { kind: "carried out", revision: moved.revision };
  }

  /** C3. A lease that is gone has done the same (C4). */
  async #burn(slot: Slot): Promise<void> {
    slot.session.usedUp++;
    await this.#connection
      .call("commit", () => this.#connection.transact({ success: [putSlot(slot)] }))
      .catch((error: StatusError) => {
        if (!isLeaseGone(error)) throw uncertain(error);
      });
  }

  async #take(): Promise<Slot> {
    const session = await this.#openSession();
    for (let slot = this.#free.pop(); slot; slot = this.#free.pop()) if (slot.session === session) return slot;
    const key = this.#connection.keyOf(`\0slot/${session.id}/${this.#count++}`);
    return { key, session, revision: 0n };
  }

  /** The session of now: the last one unless its lease was lost. */
  async #openSession(): Promise<Session> {
    const known = this.#session;
    if (known) {
      const session = await known.catch(() => undefined);
      if (session && !session.lease.lost.aborted) return session;
      if (session) void session.lease.end();
      if (this.#session === known) this.#session = undefined;
    }
    this.#session ??= this.#newSession();
    return this.#session;
  }

  async #newSession(): Promise<Session> {
    return { id: randomUUID(), lease: await this.#connection.grantLease(SESSION_TTL_MS), running: 0, usedUp: 0 };
  }

  #forget(session: Session): void {
    this.#leave(session);
    void session.lease.end();
  }

  #leave(session: Session): void {
    void this.#session?.then(
      (known) => {
        if (known === session) this.#session = undefined;
      },
      () => undefined,
    );
  }
}

function putSlot({ key, session }: Slot): KeyOperation {
  return { put: key, value: NOTHING, lease: session.lease.id };
}

function uncertain(error: StatusError): StatusError {
  const reason = `${error.message}; the transaction may have been carried out all the same: read before it is made again`;
  return new StatusError(statusCodes.notReady, reason, { cause: error.cause });
}
