/** Of gRPC and HTTP. */
const DEFAULT_PORT = 19530;

/** `HOST:PORT` of a server on this machine with the default settings. */
export const DEFAULT_ADDRESS = `127.0.0.1:${DEFAULT_PORT}`;

/** `HOST` alone is meant at the usual port; `HOST:PORT` and URLs stay. */
export function withPort(address: string): string {
  if (address === "") return DEFAULT_ADDRESS;
  return /^(\[[^\]]+\]|[^/:]+)$/.test(address) ? `${address}:${DEFAULT_PORT}` : address;
}
