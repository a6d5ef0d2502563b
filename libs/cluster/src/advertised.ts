import { isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";

/**
 * Where other processes reach a server: as the operator says, without a port with that of the server; else the address it
 * listens on; else, when it listens on all, the first address of this machine that others can know.
 * @param listening `host:port` of the server, or `process:NAME/NUMBER`
 */
export function advertisedAddress(given: string | undefined, listening: string): string {
  if (listening.startsWith("process:")) return listening; // Of one process alone: there is nothing else to say.
  const at = listening.lastIndexOf(":");
  const port = listening.slice(at + 1);
  if (given && !isIPv6(given) && /:\d+$/.test(given)) return given;
  const host = given ?? knownHost(listening.slice(0, at));
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}

function knownHost(host: string): string {
  if (host !== "0.0.0.0" && host !== "::" && host !== "[::]") return host;
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ family, internal }) => family === "IPv4" && !internal)?.address ?? "127.0.0.1";
}
