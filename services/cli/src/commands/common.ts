import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { DEFAULT_ADDRESS, withPort } from "../client/address.ts";
import type { Collections } from "../client/collections.ts";
import { RefusedError, RestClient } from "../client/rest-client.ts";

/** What every command for a running server takes. */
export interface ServerOptions {
  readonly address: string;
  readonly database: string;
  readonly token?: string;
  readonly json?: boolean;
}

/** What a command that starts jobs takes besides. */
export interface WatchOptions {
  readonly watch: boolean;
}

/** A command that starts jobs, with what all of these have. */
export function withWatch(command: Command): Command {
  return command
    .option("--watch", "follow what it starts until it has ended", true)
    .option("--no-watch", "print the job's id and end");
}

/** What to do about a server that refuses whoever calls without a token. */
export const SAY_WHO_CALLS = "say who calls by --token USER:PASSWORD, or SLUICE_TOKEN";

/** A command for a running server. */
export function serverCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .addOption(
      new Option("-a, --address <HOST:PORT>", "where Sluice serves; https://HOST:PORT for TLS")
        .env("SLUICE_ADDRESS")
        .argParser(withPort)
        .default(DEFAULT_ADDRESS),
    )
    .addOption(new Option("--database <NAME>", "database").default("default"))
    .addOption(new Option("--token <USER:PASSWORD>", "who calls, where the server asks").env("SLUICE_TOKEN"))
    .option("--json", "answers as JSON")
    .showHelpAfterError("(see --help)")
    .hook("preAction", endWithReader);
}

/** Whoever reads the answer may have seen enough of it, as `head` has. */
function endWithReader(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    process.exit();
  });
}

/** Calls the server over REST; nothing is sent before the first call. */
export function restOf({ address, database, token }: ServerOptions): RestClient {
  return new RestClient(address, database, token);
}

/** What speaks gRPC is loaded when it is needed. @throws {UnreachableError} */
export async function collectionsOf(options: ServerOptions): Promise<Collections> {
  const { address, database, token } = options;
  await restOf(options).reach();
  const client = await import("../client/collections.ts");
  return new client.Collections(address, database, token);
}

/** Paths are the server's; those of files that lie here are made absolute, for a server on this machine may have another folder. @throws for standard input */
export function serverPaths(paths: readonly string[], address: string): string[] {
  if (paths.includes("-"))
    throw new Error(
      "the server opens files itself, and reads no standard input: write the rows into a file, as in cat > rows.jsonl",
    );
  const isHere = /^(https?:\/\/)?(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(address);
  return paths.map((path) => (isHere && !path.includes("://") && existsSync(path) ? resolve(path) : path));
}

/** @throws what was thrown: a file that lies here is none of a server that reads a bucket, which its refusal of the path does not say. */
export function throwOfBucket(error: unknown): never {
  const isOfHere = error instanceof RefusedError && /does not exist in the bucket "[^"]*" \(\//.test(error.message);
  if (!isOfHere) throw error;
  const help =
    "this server reads its bucket, no files of this machine: put the file there and name it s3://BUCKET/KEY, or upload it into a stage";
  throw new RefusedError(error.code, `${error.message}; ${help} (docs/stages.md)`);
}

/** `a=b`, again and again. */
export function collectPairs(text: string, before: readonly (readonly [string, string])[] = []) {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError(`"${text}" is not NAME=VALUE`);
  return [...before, [text.slice(0, at), text.slice(at + 1)] as const];
}

/** How files are to be read. */
export interface ReadingOptions {
  readonly map?: readonly (readonly [string, string])[];
  readonly preset?: string;
  readonly option?: readonly (readonly [string, string])[];
}

/** They as options of an import; nothing of what was not said. */
export function readingOptions({ map, preset, option = [] }: ReadingOptions): Record<string, string> {
  return {
    ...(map && { fields_mapping: JSON.stringify(Object.fromEntries(map)) }),
    ...(preset !== undefined && { preset }),
    ...Object.fromEntries(option),
  };
}

/** A text, again and again. */
export function collectTexts(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** Of an option's value. @throws {InvalidArgumentError} for what is no whole number from 0 to 999,999,999 */
export function parseCount(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError(`"${text}" is no whole number from 0 to 999999999`);
}
