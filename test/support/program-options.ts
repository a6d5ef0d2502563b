import { type ParseArgsOptionsConfig, parseArgs } from "node:util";

/**
 * Options of a program that people start: `--help` prints what it takes and ends it, and so does, with code 2, what it does not take.
 * @param usage behind it everything else that there is to say
 */
export function programOptions<O extends ParseArgsOptionsConfig>(usage: string, options: O) {
  try {
    const { values } = parseArgs({ options: { ...options, help: { type: "boolean", short: "h" } } });
    if ("help" in values) end(0, usage);
    return parseArgs({ options }).values;
  } catch (error) {
    return end(2, `${(error as Error).message}\n\n${usage}`);
  }
}

/** Ends the program with a word on what it takes. */
export function end(code: number, text: string): never {
  (code === 0 ? process.stdout : process.stderr).write(`${text.trim()}\n`);
  process.exit(code);
}
