import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { SettingsError } from "@sluice/config";
import type { ProxySettings } from "../settings.ts";
import { openUploadServer, type UploadServerDeps } from "./upload-server.ts";

/** Takes connections of uploaders. */
export interface UploadTargets {
  readonly uploads: (socket: Socket) => void;
  /** Connections that begin with TLS; refused where no certificate is given. */
  readonly tls: (socket: Socket) => void;
}

/** @throws {SettingsError} for a certificate or key that cannot be used */
export async function openUploads({ tlsCert, tlsKey }: ProxySettings, deps: UploadServerDeps): Promise<UploadTargets> {
  const plain = openUploadServer(deps);
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new SettingsError(["settings tls-cert and tls-key: give both, or none"]);
  const uploads = (socket: Socket) => void plain.emit("connection", socket);
  if (tlsCert === undefined || tlsKey === undefined) {
    let isTold = false;
    const refuse = (socket: Socket) => {
      if (!isTold) deps.log.warn("TLS is asked for, and no certificate is given: settings tls-cert and tls-key");
      isTold = true;
      socket.destroy();
    };
    return { uploads, tls: refuse };
  }
  try {
    const files = { cert: await readFile(tlsCert), key: await readFile(tlsKey) };
    const secure = openUploadServer(deps, files);
    return { uploads, tls: (socket) => void secure.emit("connection", socket) };
  } catch (error) {
    throw new SettingsError([`settings tls-cert and tls-key: ${(error as Error).message}`]);
  }
}
