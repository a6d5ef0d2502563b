import type { TlsFiles } from "@sluice/cluster";
import { SettingsError } from "@sluice/config";
import type { ProxySettings } from "./settings.ts";

type TlsSettings = Pick<ProxySettings, "tlsCert" | "tlsKey" | "tlsClientCa">;

/** The files of the public port; undefined without. @throws {SettingsError} for some of them without the others */
export function tlsFilesOf({ tlsCert, tlsKey, tlsClientCa }: TlsSettings): TlsFiles | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new SettingsError(["settings tls-cert and tls-key: give both, or none"]);
  if (tlsCert !== undefined && tlsKey !== undefined) return { cert: tlsCert, key: tlsKey, clientCa: tlsClientCa };
  if (tlsClientCa !== undefined) throw new SettingsError(["setting tls-client-ca: it needs tls-cert and tls-key"]);
  return undefined;
}

/** Says which settings the files come from. */
export function tlsRefused(error: Error): never {
  throw new SettingsError([`settings tls-cert, tls-key, tls-client-ca: ${error.message}`]);
}
