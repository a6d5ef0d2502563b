import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

/**
 * Answers what is no whole request, in the form of every other refusal, and closes the connection: what follows could be anything.
 * @param error of Node's parser
 */
export function answerBrokenRequest(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed) return;
  const [status, message] = refusalOf(error);
  const body = JSON.stringify({ code: status, status, message });
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  if (socket.writable) socket.write(`${head.join("\r\n")}\r\n\r\n${body}`);
  socket.destroy(error);
}

function refusalOf({ code, message }: Error & { readonly code?: string }): readonly [status: number, message: string] {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    return [408, "the request did not come to its end in time: send headers and body without a pause"];
  if (code === "HPE_HEADER_OVERFLOW") return [431, "the headers are too large: send fewer, or shorter ones"];
  return [400, `the request is no HTTP/1.1: ${message.replace(/^Parse Error: /, "")}`];
}
