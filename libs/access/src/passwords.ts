import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";

/** 16 MiB and some 50 ms a guess. Source: OWASP's least parameters for scrypt with that memory. */
const COST: ScryptOptions = { N: 1 << 14, r: 8, p: 5 };
const HASH_BYTES = 32;
const SALT_BYTES = 16;
const FORM = /^scrypt\$(\d{1,8})\$(\d{1,3})\$(\d{1,3})\$([A-Za-z0-9+/=]{1,64})\$([A-Za-z0-9+/=]{1,128})$/;

/** A password as it is kept: `scrypt$N$r$p$salt$hash`, in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derived(password, salt, HASH_BYTES, COST);
  return ["scrypt", COST.N, COST.r, COST.p, salt.toString("base64"), hash.toString("base64")].join("$");
}

/** Whether a text is what `hashPassword` makes. */
export function isPasswordHash(text: string): boolean {
  return FORM.test(text);
}

/** Takes as long whether it fits or not. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const match = FORM.exec(hash);
  if (!match) return false;
  const [N, r, p] = match.slice(1, 4).map(Number);
  const expected = Buffer.from(match[5], "base64");
  const found = await derived(password, Buffer.from(match[4], "base64"), expected.length, { N, r, p });
  return timingSafeEqual(found, expected);
}

function derived(password: string, salt: Buffer, bytes: number, cost: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, bytes, { ...cost, maxmem: 64 << 20 }, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });
}
