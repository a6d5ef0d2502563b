import { createHash, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

// A certificate that vouches for itself, in the distinguished encoding of ASN.1. Source: RFC 5280; RFC 5758 for the signature.

/** Years that it is good for: who has it in a list of what is trusted wants no other one soon. */
const YEARS = 10;

/** A certificate, its own authority, for names and addresses, and its key. Both PEM. */
export function makeCertificate(names: readonly string[]): { readonly cert: string; readonly key: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
  const spki = publicKey.export({ type: "spki", format: "der" });
  const now = Date.now();
  const subject = der(0x30, der(0x31, der(0x30, oid("2.5.4.3"), der(0x0c, Buffer.from("Sluice")))));
  const signed = der(
    0x30,
    der(0xa0, der(0x02, Buffer.from([2]))), // Version 3.
    der(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])), // A serial number, positive.
    ECDSA_SHA256,
    subject,
    der(0x30, time(now - 24 * 3600_000), time(now + YEARS * 365 * 24 * 3600_000)),
    subject,
    spki,
    der(0xa3, der(0x30, ...extensions(names, spki))),
  );
  const signature = sign("sha256", signed, privateKey);
  const certificate = der(0x30, signed, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  return { cert: pem("CERTIFICATE", certificate), key: String(privateKey.export({ type: "pkcs8", format: "pem" })) };
}

const ECDSA_SHA256 = der(0x30, oid("1.2.840.10045.4.3.2"));

/** What strict clients, such as Python from 3.13 on, want of an authority and of a server. */
function extensions(names: readonly string[], spki: Buffer): Buffer[] {
  const keyId = createHash("sha1").update(spki).digest();
  return [
    extension("2.5.29.19", der(0x30, der(0x01, Buffer.from([0xff]))), true), // An authority.
    extension("2.5.29.15", der(0x03, Buffer.from([2, 0x84])), true), // Its key signs handshakes and certificates.
    extension("2.5.29.37", der(0x30, oid("1.3.6.1.5.5.7.3.1"), oid("1.3.6.1.5.5.7.3.2"))), // A server, or a client.
    extension("2.5.29.17", der(0x30, ...names.map(alternative))),
    extension("2.5.29.14", der(0x04, keyId)),
    extension("2.5.29.35", der(0x30, der(0x80, keyId))),
  ];
}

function extension(id: string, value: Buffer, isCritical = false): Buffer {
  return der(0x30, oid(id), ...(isCritical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

function alternative(name: string): Buffer {
  const family = isIP(name);
  if (family === 0) return der(0x82, Buffer.from(name));
  if (family === 4) return der(0x87, Buffer.from(name.split(".").map(Number)));
  return der(0x87, ipv6Bytes(name));
}

function ipv6Bytes(address: string): Buffer {
  const [head, tail] = address.split("::").map((half) => (half === "" ? [] : half.split(":")));
  const zeros = Array.from({ length: 8 - head.length - (tail?.length ?? 0) }, () => "0");
  const groups = tail === undefined ? head : [...head, ...zeros, ...tail];
  return Buffer.from(groups.map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** UTCTime, for years before 2050. */
function time(ms: number): Buffer {
  const [year, rest] = [new Date(ms).getUTCFullYear(), new Date(ms).toISOString().slice(2, 19).replace(/[-T:]/g, "")];
  return year < 2050
    ? der(0x17, Buffer.from(`${rest}Z`))
    : der(0x18, Buffer.from(`${String(year).slice(0, 2)}${rest}Z`));
}

function oid(text: string): Buffer {
  const [first, second, ...rest] = text.split(".").map(Number);
  return der(0x06, Buffer.from([40 * first + second, ...rest.flatMap(base128)]));
}

function base128(number: number): number[] {
  const bytes = [number & 127];
  for (let left = number >> 7; left > 0; left >>= 7) bytes.unshift((left & 127) | 128);
  return bytes;
}

/** One value: tag, length, content. */
function der(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const { length: bytes } = body;
  const length = bytes < 128 ? [bytes] : bytes < 256 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) as string[];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
