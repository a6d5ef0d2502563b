import { expect, it } from "@jest/globals";
import { decodedPassword, hashPassword, isPassword, isPasswordHash } from "@sluice/access";

const base64 = (text: string) => Buffer.from(text).toString("base64");

it("a password is kept as a hash of its own, which only it fits", async () => {
  const [one, other] = await Promise.all([hashPassword("secret"), hashPassword("secret")]);
  expect(one).not.toBe(other);
  expect(one).not.toContain("secret");
  expect(
    await Promise.all([isPassword("secret", one), isPassword("secret", other), isPassword("Secret", one)]),
  ).toEqual([...[true, true, false]]);
});

it("what is no hash of ours fits nothing", async () => {
  for (const text of ["", "secret", "$2a$10$N9qo8uLOickgx2ZMRZoMye", "scrypt$1$1$1$!$!"]) {
    expect(isPasswordHash(text)).toBe(false);
    expect(await isPassword("secret", text)).toBe(false);
  }
});

it("comes in base64, with 6 to 72 bytes", () => {
  expect(decodedPassword(base64("Milvus"))).toBe("Milvus");
  expect(decodedPassword(base64("ü".repeat(36)))).toBe("ü".repeat(36));
  expect(() => decodedPassword(base64("short"))).toThrow("5 out of range 6 <= value <= 72");
  expect(() => decodedPassword(base64("x".repeat(73)))).toThrow("73 out of range");
  expect(() => decodedPassword("no base64!")).toThrow("decode password fail");
});
