import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import type { Logger } from "@sluice/telemetry";
import { makeCertificate } from "./self-signed.ts";
import type { StandaloneSettings } from "./settings.ts";

/** Paths of PEM files; both undefined: no TLS. */
export type TlsSettings = Pick<StandaloneSettings, "tlsCert" | "tlsKey">;

/** Addresses that stand for all of a machine's, which no client connects to. */
const ANY: readonly string[] = ["0.0.0.0", "::"];

/**
 * The certificate of the settings or, since uploaders of released clients speak TLS alone, one of our own in the data folder,
 * made once: for this machine by its names. Clients have to be told to trust it, and the log says how.
 */
export async function openTlsFiles(
  settings: StandaloneSettings,
  dataDir: string,
  log: Pick<Logger, "info">,
): Promise<TlsSettings> {
  const { tlsCert, tlsKey, host } = settings;
  if (tlsCert !== undefined || tlsKey !== undefined) return { tlsCert, tlsKey };
  const folder = join(dataDir, "tls");
  const files = { tlsCert: join(folder, "cert.pem"), tlsKey: join(folder, "key.pem") };
  const trust = { SSL_CERT_FILE: files.tlsCert, REQUESTS_CA_BUNDLE: files.tlsCert };
  log.info("TLS goes by a certificate of this server's own, which clients in Python trust by these variables", trust);
  // The key is written first, so that there is no certificate without one.
  if (await readFile(files.tlsCert).then(() => true, () => false)) return files; // biome-ignore format: one thought
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const names = new Set(["localhost", "127.0.0.1", "::1", hostname(), ...(ANY.includes(host) ? [] : [host])]);
  const { cert, key } = makeCertificate([...names]);
  await writeFile(files.tlsKey, key, { mode: 0o600 });
  await chmod(files.tlsKey, 0o600);
  await writeFile(files.tlsCert, cert);
  return files;
}
