/** Of gRPC and HTTP. */
const DEFAULT_PORT = 19530;

/** `HOST` alone is meant at the usual port; `HOST:PORT` and URLs stay. */
export function withPort(address: string): string {
  return /^(\[[^\]]+\]|[^/:]+)$/.test(address) ? `${address}:${DEFAULT_PORT}` : address;
}
