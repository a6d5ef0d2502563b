import { expect, it } from "@jest/globals";
import { hashPassword, initialPolicy } from "@sluice/access";
import { silentLogger } from "@sluice/telemetry";
import { VerifiedPasswords } from "../../src/access/verified-passwords.ts";

it("a name that is nobody's is told so no sooner than a wrong password", async () => {
  const policy = initialPolicy(await hashPassword("secret"));
  const passwords = new VerifiedPasswords(silentLogger);
  const cpuOf = async (user: string) => {
    const began = process.cpuUsage();
    await passwords.check(policy, { user, password: "wrong" }).catch(() => {});
    return process.cpuUsage(began).user;
  };
  await cpuOf("first of all: what nobody's password is compared with is made");
  // A hash takes tens of milliseconds of the CPU, and everything else a fraction of one.
  // The least of three: the CPU is that of all threads, and one of them may collect garbage.
  const ofRoot = Math.min(await cpuOf("root"), await cpuOf("root"), await cpuOf("root"));
  expect(await cpuOf("nobody")).toBeGreaterThan(ofRoot / 4);
});

it("of a crowd of passwords for a name that is nobody's a few are hashed, as for a user", async () => {
  const policy = initialPolicy(await hashPassword("secret"));
  const passwords = new VerifiedPasswords(silentLogger);
  const guesses = Array.from({ length: 500 }, (_, i) => passwords.check(policy, { user: "", password: `guess ${i}` }));
  const reasons = (await Promise.allSettled(guesses)).map((result) => String((result as PromiseRejectedResult).reason));
  expect(reasons.filter((reason) => !reason.includes("wait for a minute")).length).toBe(10);
});

it("of a crowd of wrong passwords for one user only a few are hashed, and the next user is looked at", async () => {
  const policy = initialPolicy(await hashPassword("secret"));
  const other = { ...policy.users.root, passwordHash: await hashPassword("other secret") };
  const both = { ...policy, users: { ...policy.users, other } };
  const passwords = new VerifiedPasswords(silentLogger);
  const guesses = Array.from({ length: 500 }, (_, i) =>
    passwords.check(both, { user: "root", password: `guess ${i}` }),
  );
  const right = passwords.check(both, { user: "other", password: "other secret" });
  const reasons = (await Promise.allSettled(guesses)).map((result) => String((result as PromiseRejectedResult).reason));
  await right;
  // Two are looked at at a time: one may be on its way while the other is the last.
  expect(reasons.filter((reason) => !reason.includes("wait for a minute")).length).toBeLessThanOrEqual(11);
});
