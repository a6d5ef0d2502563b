/** The most that a head may have; Node's own limit. */
export const MAX_HEAD_BYTES = 16 << 10;

/** Status line and headers of an answer. */
export interface HttpHead {
  readonly status: number;
  /** By name in lower case; of several lines of a name the values with a comma between them. */
  readonly headers: ReadonlyMap<string, string>;
  /** How its body ends: after so many bytes, by its last chunk, or with the connection. */
  readonly framing: number | "chunked" | "close";
  /** Another request may follow on the connection. */
  readonly keepsAlive: boolean;
}

/** An answer that is no HTTP/1, or not as strict as it must be to know where it ends. */
export class InvalidAnswer extends Error {
  readonly code = "InvalidAnswer";
  constructor(reason: string) {
    super(`the answer is no valid HTTP: ${reason}`);
  }
}

/**
 * Reads the head of an answer, up to and without its empty line. What is ambiguous about the body's end is refused, since
 * the next answer would begin somewhere else. Source: RFC 9112, sections 2 to 6.
 * @throws {InvalidAnswer}
 */
export function parseHead(text: string): HttpHead {
  const [first, ...lines] = text.split("\r\n");
  const [, minor, digits] = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/.exec(first) ?? [];
  if (digits === undefined) throw new InvalidAnswer("it does not begin with a status line");
  const headers = new Map<string, string>();
  for (const line of lines) addHeader(headers, line);
  const status = Number(digits);
  const framing = framingOf(status, headers);
  const connection = (headers.get("connection") ?? "").toLowerCase();
  const stays = minor === "1" ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  return { status, headers, framing, keepsAlive: stays && framing !== "close" };
}

function addHeader(headers: Map<string, string>, line: string): void {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\0\r\n]*?)[ \t]*$/.exec(line) ?? [];
  if (name === undefined) throw new InvalidAnswer("a header line has no name, or a break in it");
  const key = name.toLowerCase();
  const before = headers.get(key);
  headers.set(key, before === undefined ? value : `${before}, ${value}`);
}

function framingOf(status: number, headers: ReadonlyMap<string, string>): HttpHead["framing"] {
  const coding = headers.get("transfer-encoding");
  const length = headers.get("content-length");
  if (status < 200 || status === 204 || status === 304) return 0;
  if (coding !== undefined) {
    if (length !== undefined) throw new InvalidAnswer("it has a content-length and a transfer-encoding");
    if (coding.toLowerCase() !== "chunked")
      throw new InvalidAnswer(`its transfer-encoding is ${JSON.stringify(coding)}`);
    return "chunked";
  }
  if (length === undefined) return "close";
  if (!/^\d{1,15}$/.test(length)) throw new InvalidAnswer(`its content-length is ${JSON.stringify(length)}`);
  return Number(length);
}
