import { type Level, pino } from "pino";
import { formatPretty } from "./pretty.ts";

/** The least first. */
export type LogLevel = "debug" | "info" | "warn" | "error";

/** Members of a log line. Errors go under `err`: their code, place, stack and causes are written out. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Messages are constant texts, so that lines of one kind are found by them; what varies goes into the fields. */
export interface Logger {
  /** What somebody who looks for a fault wants, such as refused calls. */
  debug(message: string, fields?: LogFields): void;
  /** What happened in the ordinary way. */
  info(message: string, fields?: LogFields): void;
  /** What goes on, and somebody should look at. */
  warn(message: string, fields?: LogFields): void;
  /** What nobody expected. */
  error(message: string, fields?: LogFields): void;
  /** A logger that adds `fields` to each of its lines. */
  child(fields: LogFields): Logger;
}

/** Which lines are written, and how. */
export interface LoggerOptions {
  /** Least level that is written; "silent" writes nothing. Default info. */
  readonly level?: LogLevel | "silent";
  /** Lines for people instead of JSON. Default false. */
  readonly pretty?: boolean;
  /** Members of every line, beside the service. */
  readonly fields?: LogFields;
  /** Takes each line, with its line end. Default: standard error, at once, so that a crash loses none. */
  readonly write?: (line: string) => void;
}

/**
 * One JSON object a line on standard error; standard output belongs to results of commands. Written with pino.
 * bigint (ids, hybrid timestamps) become strings, because readers of JSON round integers above 2^53.
 */
export function createLogger(
  service: string,
  { level = "info", pretty = false, fields, write }: LoggerOptions = {},
): Logger {
  const toStderr = pino.destination({ dest: 2, sync: true });
  const out = write ?? ((line: string) => toStderr.write(line));
  const root = pino(
    {
      level,
      base: { service, ...fields },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: exactFields },
    },
    { write: pretty ? (line: string) => out(formatPretty(line)) : out },
  );
  return new PinoLogger(root, { service, ...fields });
}

/** Writes nothing: for tests, and where a logger is optional. */
export const silentLogger: Logger = {
  debug() {},
  info() {},
  warn() {},
  error() {},
  child: () => silentLogger,
};

class PinoLogger implements Logger {
  readonly #pino: pino.Logger;
  /** Members of each of its lines. */
  readonly #own: LogFields;

  constructor(logger: pino.Logger, own: LogFields) {
    this.#pino = logger;
    this.#own = own;
  }

  debug(message: string, fields?: LogFields): void {
    this.#write("debug", message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write("info", message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write("warn", message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write("error", message, fields);
  }

  child(fields: LogFields): Logger {
    const more = this.#news(exactFields(fields));
    return new PinoLogger(this.#pino.child(more), { ...this.#own, ...more });
  }

  #write(level: Level, message: string, fields: LogFields | undefined): void {
    if (fields) this.#pino[level](this.#news(fields), message);
    else this.#pino[level](message);
  }

  /** Without what each line says anyway: pino writes a member twice that it is given twice. */
  #news(fields: LogFields): Record<string, unknown> {
    return Object.fromEntries(Object.entries(fields).filter(([name, value]) => this.#own[name] !== value));
  }
}

function exactFields(fields: object): Record<string, unknown> {
  return exact(fields, 0) as Record<string, unknown>;
}

/** Copies plain objects and arrays with their bigint as strings; errors and other objects stay for their serializers. */
function exact(value: unknown, depth: number): unknown {
  if (typeof value === "bigint") return value.toString();
  if (typeof value !== "object" || value === null || depth > 5) return value;
  if (Array.isArray(value)) return value.map((item) => exact(item, depth + 1));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype.constructor?.name !== "Object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, exact(member, depth + 1)]));
}
