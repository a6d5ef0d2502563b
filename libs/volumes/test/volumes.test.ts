import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, test } from "@jest/globals";
import { checkVolumeName, filePathOf, folderPathOf, UploadTokens, volumeCodes } from "@sluice/volumes";

test("every code has its row in docs/errors.md", () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/errors.md"), "utf8");
  const listed = [...page.matchAll(/^\| (632\d\d) \|/gm)].map(([, code]) => Number(code));
  expect(listed).toEqual(Object.values(volumeCodes).sort());
});

describe("names", () => {
  test.each(["a", "_x", "books-2026_v1", "a".repeat(64)])("%s may be one", (name) => checkVolumeName(name));
  test.each(["", "1a", "-a", "a b", "a/b", "ä", "a".repeat(65), "a\n"])("%j may not", (name) => {
    expect(() => checkVolumeName(name)).toThrow("invalid name of a volume");
  });
});

describe("paths", () => {
  test.each([
    ["a.parquet", "a.parquet"],
    ["/abs/a", "abs/a"],
    ["a//b///c", "a/b/c"],
    ["%2e%2e/x", "%2e%2e/x"],
    ["a b/f+x&y=z%20.json", "a b/f+x&y=z%20.json"],
    ["...", "..."],
  ])("the file %j is %j", (text, path) => expect(filePathOf(text)).toBe(path));

  test.each([
    ["", ""],
    ["/", ""],
    ["a", "a/"],
    ["/a//b/", "a/b/"],
  ])("the folder %j is %j", (text, path) => expect(folderPathOf(text)).toBe(path));

  test.each([
    ["../../etc/passwd", "holds . or .. as a name"],
    ["a/../b", "holds . or .. as a name"],
    ["a/./b", "holds . or .. as a name"],
    ["a\\b", "backslash"],
    ["a\u0000b", "control character"],
    ["a\nb", "control character"],
    ["a/\ud800", "well-formed"],
    ["x".repeat(901), "more than 900"],
    ["%".repeat(301), "more than 900"],
  ])("%j is refused", (text, why) => {
    expect(() => filePathOf(text)).toThrow(why);
    expect(() => folderPathOf(`${text}/`)).toThrow(why);
  });

  test.each(["", "/", "a/"])("%j names no file", (text) => {
    expect(() => filePathOf(text)).toThrow("names no file");
  });
});

describe("upload tokens", () => {
  const key = Buffer.alloc(32, 7);
  const grant = { volumeName: "v", volumeId: "1", folder: "a/", user: "ann", expiresMs: 1, maxBytes: 2, maxFiles: 3 };

  it("open as what was granted, by any holder of the key", () => {
    const { accessKeyId, secretAccessKey, sessionToken } = new UploadTokens(key).issue(grant);
    expect(new UploadTokens(key).open(sessionToken)).toEqual({ ...grant, accessKeyId, secretAccessKey });
  });

  it("open as nothing when a byte of them changes, beside another access key, or under another server's key", () => {
    const tokens = new UploadTokens(key);
    const { sessionToken } = tokens.issue(grant);
    const [accessKeyId, sealed] = sessionToken.split(".");
    const bytes = Buffer.from(sealed, "base64url");
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed[i] ^= 1;
      expect(tokens.open(`${accessKeyId}.${changed.toString("base64url")}`)).toBeUndefined();
    }
    expect(tokens.open(`${tokens.issue(grant).accessKeyId}.${sealed}`)).toBeUndefined();
    expect(tokens.open(`${sessionToken}.`)).toBeUndefined();
    expect(new UploadTokens(Buffer.alloc(32)).open(sessionToken)).toBeUndefined();
    for (const token of ["", "x", ".", "a.b", "é".repeat(40)]) expect(tokens.open(token)).toBeUndefined();
  });

  // A last letter of which two or four bits count has other letters beside it that are read as the same bytes.
  it.each([1, 22, 333])("have one spelling, whatever their length: as user %i", (user) => {
    const tokens = new UploadTokens(key);
    const { sessionToken } = tokens.issue({ ...grant, user: String(user) });
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/=. ";
    for (const letter of [...letters, ""].filter((letter) => !sessionToken.endsWith(letter || "none")))
      expect([letter, tokens.open(`${sessionToken.slice(0, -1)}${letter}`)]).toEqual([letter, undefined]);
    for (const more of "A=. ") expect([more, tokens.open(sessionToken + more)]).toEqual([more, undefined]);
  });

  it("have secrets of their own", () => {
    const tokens = new UploadTokens(key);
    const issued = Array.from({ length: 50 }, () => tokens.issue(grant));
    expect(new Set(issued.map(({ secretAccessKey }) => secretAccessKey)).size).toBe(50);
    for (const { accessKeyId } of issued) expect(accessKeyId).toMatch(/^VS[A-Z2-7]{18}$/);
  });
});
