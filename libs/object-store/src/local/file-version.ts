import type { BigIntStats } from "node:fs";
import type { FoundFile } from "../source.ts";

/**
 * Which file it is and when it was last written: a file that replaces another, and one that is written in place, also to the
 * same length, has another version. The machine's number of the file system is left out, which differs between machines
 * that share one.
 */
export function fileVersion({ ino, mtimeNs }: BigIntStats): string {
  return `${ino}-${mtimeNs}`;
}

/** @param info with nanoseconds, which the version is made of */
export function foundFile(key: string, info: BigIntStats): FoundFile {
  return { key, sizeBytes: Number(info.size), version: fileVersion(info) };
}
