import { expect, it } from "@jest/globals";
import { hashPassword, initialPolicy } from "@sluice/access";
import { silentLogger } from "@sluice/telemetry";
import { VerifiedPasswords } from "../../src/access/verified-passwords.ts";

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
