import { type ChannelCredentials, experimental } from "@grpc/grpc-js";

/** Files in PEM that a client shows itself by, and knows its peers by. */
export interface PeerCertificates {
  readonly cert: string;
  readonly key: string;
  /** Of authorities, one of which must have signed what the peer shows. */
  readonly ca: string;
}

/** How often the files are looked at. */
const RELOAD_MS = 10_000;

/** One look at the files serves all clients of a process. */
const known = new Map<string, ChannelCredentials>();

/** For connections by TLS in both directions; those made after the files have changed use the new ones. */
export function watchedCredentials({ cert, key, ca }: PeerCertificates): ChannelCredentials {
  const name = JSON.stringify([cert, key, ca]);
  const found = known.get(name);
  if (found) return found;
  const provider = new experimental.FileWatcherCertificateProvider({
    ...{ certificateFile: cert, privateKeyFile: key, caCertificateFile: ca, refreshIntervalMs: RELOAD_MS },
  });
  const credentials = experimental.createCertificateProviderChannelCredentials(provider, provider);
  known.set(name, credentials);
  return credentials;
}
