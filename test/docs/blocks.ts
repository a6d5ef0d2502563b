import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, dirname, join, resolve, sep } from "node:path";
import { sluiceProgram } from "../support/sluice-program.ts";

/** The checkout. */
export const root = resolve(import.meta.dirname, "../..");

/** A fenced block of a document. */
export interface Block {
  /** From the root of the repository. */
  readonly file: string;
  /** `sh`, `python`, `js`, …; empty for what is only shown. */
  readonly language: string;
  readonly text: string;
}

/** All fenced blocks of the documents that users read. */
export function readBlocks(): Block[] {
  const files = globSync(["*.md", "{docs,examples,helm}/**/*.md", "{libs,services}/*/README.md"], { cwd: root });
  return files
    .filter((file) => !file.includes("node_modules"))
    .sort()
    .flatMap((file) => {
      const fences = readFileSync(join(root, file), "utf8").matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
      return [...fences].map(([, language, text]) => ({ file, language, text }));
    });
}

/**
 * `text` with other words in the place of those that stand for what every user has of his own: addresses, keys.
 * @throws {Error} when the block does not hold one of them any more
 */
export function adapt(text: string, words: Readonly<Record<string, string>>): string {
  let adapted = text;
  for (const [word, own] of Object.entries(words)) {
    if (!adapted.includes(word)) throw new Error(`the block no longer says ${word}:\n${text}`);
    adapted = adapted.replaceAll(word, own);
  }
  return adapted;
}

/** The environment of a user: the machine's own Node, none of what the test runner brought. */
export function userEnv(own: Readonly<Record<string, string>> = {}): Record<string, string> {
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => !folder.includes(`node_modules${sep}.bin`));
  const isOfRunner = (name: string) => /^(npm_|NODE_|JEST_|SLUICE_)/.test(name);
  const kept = Object.entries(process.env).filter(([name]) => !isOfRunner(name));
  return {
    ...(Object.fromEntries(kept) as Record<string, string>),
    PATH: path.join(delimiter),
    PYTHONUNBUFFERED: "1",
    ...own,
  };
}

/** A program of a user, and all that it starts. */
export class UserProgram implements AsyncDisposable {
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  #output = "";

  constructor(program: string, args: readonly string[], cwd: string, env: Readonly<Record<string, string>> = {}) {
    // A process group of its own: Ctrl-C reaches everybody in it.
    this.#child = spawn(program, args, { cwd, env: userEnv(env), detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output += text;
      });
    this.ended = new Promise((resolve, reject) => this.#child.on("error", reject).on("close", resolve));
  }

  /** Standard output and error, as they came. */
  get output(): string {
    return this.#output;
  }

  /** Ctrl-C. */
  interrupt(): void {
    this.#signal("SIGINT");
  }

  #signal(signal: NodeJS.Signals): void {
    try {
      process.kill(-(this.#child.pid as number), signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
  }

  /** Kills its whole group of processes, and waits until it has ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal("SIGKILL");
    await this.ended;
  }
}

/** Runs to its end. @throws {Error} with what it printed when it fails */
export async function runAsUser(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  await using running = new UserProgram(program, args, cwd, env);
  const exitCode = await running.ended;
  if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}:\n${running.output}`);
  return running.output;
}

/** Runs commands in a folder in which `sluice` is a program that speaks to this server. @throws as `runAsUser` */
export async function runWithSluice(commands: string, folder: string, address: string): Promise<string> {
  const bin = join(folder, "bin");
  await mkdir(bin, { recursive: true });
  const node = `exec ${process.execPath} --disable-warning=ExperimentalWarning ${sluiceProgram()} "$@"`;
  await writeFile(join(bin, "sluice"), `#!/bin/sh\n${node}\n`, { mode: 0o755 });
  return await runAsUser("sh", ["-ec", `export PATH=${bin}:$PATH SLUICE_ADDRESS=${address}\n${commands}`], folder);
}

/**
 * One page of documents whose blocks a test of its own runs: `test/docs/pages/NAME.test.ts` those of `docs/NAME.md`, or of the
 * pages in `docs/NAME/` that have none themselves.
 */
export class Page {
  readonly #left: Block[];

  /** @param file such as `docs/take-over.md` */
  constructor(file: string) {
    this.#left = readBlocks().filter((block) => block.file === file && isRun(block));
  }

  /** The one block that holds these words, to be run now. @throws {Error} when there is none, or several */
  block(words: string): string {
    const found = this.#left.filter(({ text }) => text.includes(words));
    if (found.length !== 1) throw new Error(`${found.length} blocks hold ${words}`);
    this.#left.splice(this.#left.indexOf(found[0]), 1);
    return found[0].text;
  }

  /** Blocks that nobody has asked for. */
  get left(): readonly Block[] {
    return this.#left;
  }
}

/** What is only shown has another language, or none. */
export function isRun({ language }: Block): boolean {
  return !["", "yaml", "json", "jsonl", "csv", "ts"].includes(language);
}

/** Whether a test of its own, or of its folder, runs the blocks of this page. */
export function hasPageTest(file: string): boolean {
  const [, name] = /^docs\/(.*)\.md$/.exec(file) ?? [];
  if (name === undefined) return false;
  return [name, dirname(name)].some((one) => existsSync(join(root, `test/docs/pages/${one}.test.ts`)));
}
