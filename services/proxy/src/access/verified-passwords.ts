import { hash as hashOf } from "node:crypto";
import { type AccessPolicy, hashPassword, isPassword } from "@sluice/access";
import { Slots } from "@sluice/async";
import { excerpt } from "@sluice/errors";
import type { Logger } from "@sluice/telemetry";
import { AccessRefused } from "./access-refused.ts";
import type { Credentials } from "./credentials.ts";

/** Wrong passwords for one user in a minute; after that no more are looked at until it is over. */
const MAX_FAILURES = 10;
const FAILURES_MS = 60_000;
/** Users and wrong names that are remembered. */
const MAX_REMEMBERED = 10_000;
/** Passwords that are hashed at a time: it takes a thread of the pool, which reads files too. */
const AT_ONCE = 2;

const WRONG = "auth check failure, please check username and password are correct";

/**
 * Passwords of callers. Hashing takes long, on purpose: what was right is remembered, as a digest beside the hash that it was
 * right for, so that a changed password counts at once.
 */
export class VerifiedPasswords {
  readonly #right = new Map<string, { readonly digest: string; readonly hash: string }>();
  readonly #failures = new Map<string, { count: number; readonly sinceMs: number }>();
  readonly #slots = new Slots(AT_ONCE);
  /** Apart, so that a crowd of invented names keeps nobody waiting who has one. */
  readonly #unknownSlots = new Slots(1);
  #nobody: Promise<string> | undefined;
  readonly #log: Logger;
  readonly #now: () => number;

  /** @param now milliseconds */
  constructor(log: Logger, now: () => number = () => performance.now()) {
    this.#log = log;
    this.#now = now;
  }

  /** Whether a password is known to be right. */
  isRight(policy: AccessPolicy, shown: Credentials): boolean {
    const { user } = shown;
    const known = this.#right.get(user);
    return known !== undefined && known.hash === hashIn(policy, user) && known.digest === digestOf(shown);
  }

  /** @throws {AccessRefused} when the password is not the user's, or too many were wrong */
  async check(policy: AccessPolicy, shown: Credentials): Promise<void> {
    const { user, password } = shown;
    const hash = hashIn(policy, user);
    const digest = digestOf(shown);
    if (this.#isDecided(user, digest, hash)) return;
    if (hash === undefined) throw await this.#failedUnknown(user, password, digest);
    using _slot = await this.#slots.take();
    // While this one waited, others have been looked at: a crowd of guesses costs no more than a few.
    if (this.#isDecided(user, digest, hash)) return;
    if (!(await isPassword(password, hash))) throw this.#failed(user);
    if (this.#right.size >= MAX_REMEMBERED) this.#right.clear();
    this.#right.set(user, { digest, hash });
    this.#failures.delete(user);
  }

  /** Of a name that is nobody's it takes as long to be told so: names are not to be found out by the clock. */
  async #failedUnknown(user: string, password: string, digest: string): Promise<AccessRefused> {
    using _slot = await this.#unknownSlots.take();
    this.#isDecided(user, digest, undefined); // As below: a crowd would tell by its time who is nobody.
    await isPassword(password, await (this.#nobody ??= hashPassword("nobody's")));
    return this.#failed(user);
  }

  /** Whether it is known to be right already. @throws {AccessRefused} when too many were wrong */
  #isDecided(user: string, digest: string, hash: string | undefined): boolean {
    const known = this.#right.get(user);
    if (known && known.hash === hash && known.digest === digest) return true;
    if (this.#isLocked(user)) throw AccessRefused.unknownCaller(`${WRONG}; too many were wrong: wait for a minute`);
    return false;
  }

  #isLocked(user: string): boolean {
    const failures = this.#failures.get(user);
    if (!failures) return false;
    if (this.#now() - failures.sinceMs < FAILURES_MS) return failures.count >= MAX_FAILURES;
    this.#failures.delete(user);
    return false;
  }

  #failed(user: string): AccessRefused {
    if (this.#failures.size >= MAX_REMEMBERED) this.#failures.clear();
    const failures = this.#failures.get(user) ?? { count: 0, sinceMs: this.#now() };
    failures.count++;
    this.#failures.set(user, failures);
    if (failures.count === 1 || failures.count === MAX_FAILURES)
      this.#log.warn("a caller is not who it says", { user: excerpt(user), failures: failures.count });
    return AccessRefused.unknownCaller(WRONG);
  }
}

function hashIn({ users }: AccessPolicy, user: string): string | undefined {
  return Object.hasOwn(users, user) ? users[user].passwordHash : undefined;
}

function digestOf(shown: Credentials): string {
  shown.digest ??= hashOf("sha256", shown.password, "base64");
  return shown.digest;
}
