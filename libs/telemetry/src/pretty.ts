/**
 * A JSON log line as people read it: `12:30:05.123 info  datanode  task leased  taskId=5 sizeBytes=100`, the stack of an
 * error below. What is no JSON passes as it is.
 */
export function formatPretty(line: string): string {
  const record = parse(line);
  if (!record) return line;
  const { level, time, service, msg, err, ...fields } = record;
  const head = [String(time).slice(11, 23), String(level).padEnd(5), service, msg].filter((part) => part !== undefined);
  const rest = Object.entries(fields).map(([name, value]) => `${name}=${text(value)}`);
  return `${[head.join(" "), ...rest].join(" ")}${formatError(err)}\n`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value);
}

function formatError(err: unknown): string {
  if (err === undefined) return "";
  const { stack, message } = (err ?? {}) as { stack?: string; message?: string };
  return `\n  ${(stack ?? message ?? String(err)).replaceAll("\n", "\n  ")}`;
}
