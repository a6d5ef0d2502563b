import { hkdfSync } from "node:crypto";
import { isIPv6 } from "node:net";
import { SettingsError } from "@sluice/config";
import {
  type Address,
  type Client,
  type ClientClass,
  callerHeaders,
  connectClient,
  type GeneratedClient,
  type GrpcServer,
  type GrpcServerOptions,
  openGrpcServer,
} from "@sluice/rpc";
import { CredentialsKey } from "./credentials-key.ts";
import { behindTls, type InternalTlsSettings, PEER_NAME, peerCertificatesOf } from "./internal-tls.ts";
import type { ServerAddress } from "./role.ts";

// All calls between processes of a cluster are made and answered by what stands here.
//
// I1. A process with internal-secret answers calls of processes that have the same, and refuses all others.
// I2. The secret itself never travels: what calls carry is derived from it, and what seals credentials is derived apart, so
//     that whoever overhears a call may make calls, but reads no credentials.
// I4. A process that has the secret before the present one as well answers calls that carry either, and its own carry both: processes
//     get a new secret one after the other, and none of them is refused meanwhile.

/** Whom a process answers, and how it is known by its peers. */
type Secrets = Pick<ServerAddress, "internalSecret" | "internalSecretPrevious">;
/** Of all roles: what their calls to each other are made with. */
export type InternalSettings = Pick<ServerAddress, "host"> & Secrets & InternalTlsSettings;

/** Shorter secrets could be guessed from what calls carry. */
const MIN_SECRET_CHARACTERS = 16;
const DERIVED_BYTES = 32;
/** A flood of strangers is told of so often. */
const STRANGERS_LOG_MS = 10_000;

/** A client of another process of the cluster. @throws {SettingsError} for a secret that is none, and for certificates that cannot be used */
export function connectPeer<C extends GeneratedClient>(
  Class: ClientClass<C>,
  address: Address,
  settings: Secrets & InternalTlsSettings,
): Client<C> {
  const certificates = peerCertificatesOf(settings);
  const channel = certificates ? { certificates, serverName: PEER_NAME } : {};
  return connectClient(Class, address, callerHeaders(tokensOf(settings)), channel);
}

/** A server for the other processes of the cluster; one that everybody could call says so. @throws {SettingsError} as `connectPeer` */
export function openPeerServer(options: GrpcServerOptions, settings: InternalSettings): GrpcServer {
  const { log } = options;
  const { host, internalSecret } = settings;
  if (internalSecret === undefined && !isPrivate(host))
    log?.warn("whoever reaches this port may read and change everything: give all processes the same internal-secret", {
      host,
    });
  let toldMs = -STRANGERS_LOG_MS;
  const onStranger = (peer: string, reason: string) => {
    if (performance.now() - toldMs < STRANGERS_LOG_MS) return;
    toldMs = performance.now();
    log?.warn("a call is refused", { peer, reason });
  };
  const certificates = peerCertificatesOf(settings);
  const server = openGrpcServer({ ...options, callerTokens: tokensOf(settings), onStranger });
  return certificates ? behindTls(server, certificates, log, onStranger) : server;
}

/**
 * What credentials of users are sealed with: the operator's key, else one derived from the secret of the cluster, and from the one
 * before while there is one.
 * @throws {Error} for a key that is none; {SettingsError} for a secret that is none
 */
export function credentialsKeyOf(settings: Secrets & { readonly credentialsKey?: string | undefined }) {
  const { credentialsKey } = settings;
  if (credentialsKey) return CredentialsKey.of(credentialsKey);
  return CredentialsKey.of(...secretsOf(settings).map((secret) => derived(secret, "credentials")));
}

/** Whether nobody but this machine can connect to a host. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (host.startsWith("127.") && !isIPv6(host));
}

function isPrivate(host: string): boolean {
  return isLoopback(host) || host.startsWith("process:");
}

function tokensOf(settings: Secrets): string[] {
  return secretsOf(settings).map((secret) => derived(secret, "call"));
}

/** The newest first. @throws {SettingsError} for an old one without a new one */
function secretsOf({ internalSecret, internalSecretPrevious }: Secrets): string[] {
  if (internalSecretPrevious && !internalSecret)
    throw new SettingsError(["setting internal-secret-previous: it needs internal-secret, which takes its place"]);
  // An environment that has nothing to give gives an empty text.
  return [internalSecret, internalSecretPrevious || undefined].filter((secret) => secret !== undefined);
}

/** In hex. @param purpose two purposes have nothing in common that shows */
function derived(secret: string, purpose: string): string {
  if (secret.length < MIN_SECRET_CHARACTERS)
    throw new SettingsError([`setting internal-secret must have at least ${MIN_SECRET_CHARACTERS} characters`]);
  return Buffer.from(hkdfSync("sha256", secret, "", `sluice ${purpose}`, DERIVED_BYTES)).toString("hex");
}
