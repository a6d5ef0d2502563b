import { ImportError } from "@sluice/errors";
import type { AllowedEndpoints } from "@sluice/object-store";

/** Another service, as plain data without secrets: it stands in records, and crosses to worker threads. */
export interface PeerPlace {
  /** `host:port` */
  readonly address: string;
  readonly tls: boolean;
  readonly dbName: string;
  /** Ranges of addresses that may be connected to although they are not public; see `ReachableAddresses`. */
  readonly reachable: readonly string[];
}

/** `USER:PASSWORD`, or the key of an API. Travels apart, and stands in no record but sealed. */
export interface PeerSecret {
  readonly token: string;
}

/** What a request says of another service. */
export interface AskedPeer {
  /** `host:port`, `http://host:port` or `https://host:port`; the port of Milvus unless given. */
  readonly address: string;
  readonly token?: string | undefined;
  readonly dbName?: string | undefined;
}

const MILVUS_PORT = "19530";

/**
 * @param allowed servers that jobs may name
 * @throws {ImportError} `request_invalid` for what is no address, `path_refused` for one that no setting lists
 */
export function peerPlaceOf(asked: AskedPeer, allowed: AllowedEndpoints): { place: PeerPlace; secret?: PeerSecret } {
  const url = urlOf(asked);
  const tls = url.protocol === "https:";
  if (!allowed.has(url)) {
    const reason = `this server connects to no "${url.host}"; its setting --data-source-endpoint lists the services that copies may name`;
    throw new ImportError("path_refused", reason);
  }
  const port = url.port || (tls ? "443" : "80");
  const place = {
    address: `${url.hostname}:${port}`,
    tls,
    dbName: asked.dbName || "default",
    reachable: allowed.ranges,
  };
  return { place, ...(asked.token && { secret: { token: asked.token } }) };
}

/** What is wrong with an address may be a password in it, so it is not repeated. */
function urlOf({ address }: AskedPeer): URL {
  const text = address.includes("://") ? address : `http://${address}`;
  const url = URL.parse(
    /:\d+\/?$/.test(text) || text.startsWith("https:") ? text : `${text.replace(/\/$/, "")}:${MILVUS_PORT}`,
  );
  const isPlain = url && url.pathname === "/" && !url.search && !url.hash && !url.username && !url.password;
  if (!isPlain || !/^https?:$/.test(url.protocol))
    throw new ImportError(
      "request_invalid",
      "address must be HOST:PORT, http://HOST:PORT or https://HOST:PORT, and nothing else",
    );
  return url;
}

/** As users know it. */
export function peerName({ address, tls }: PeerPlace): string {
  return `${tls ? "https://" : ""}${address}`;
}
