import { readFile } from "node:fs/promises";
import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import { SettingsError } from "@sluice/config";
import type { ProxySettings } from "../settings.ts";
import { attach, openUploadServer, type UploadServerDeps, uploadHandler } from "./upload-server.ts";

/** Takes connections of uploaders. */
export interface UploadTargets {
  readonly uploads: (socket: Socket) => void;
  /** Connections that begin with TLS; refused where no certificate is given. */
  readonly tls: (socket: Socket) => void;
}

/**
 * @param rest server of other requests, whose connections may carry uploads among them
 * @throws {SettingsError} for a certificate or key that cannot be used
 */
export async function openUploads(
  { tlsCert, tlsKey }: ProxySettings,
  rest: Server,
  deps: Omit<UploadServerDeps, "others">,
): Promise<UploadTargets> {
  const [others] = rest.listeners("request") as RequestListener[];
  const handler = uploadHandler({ ...deps, others });
  attach(rest, handler);
  const plain = openUploadServer(handler);
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
    const secure = openUploadServer(handler, files);
    return { uploads, tls: (socket) => void secure.emit("connection", socket) };
  } catch (error) {
    throw new SettingsError([`settings tls-cert and tls-key: ${(error as Error).message}`]);
  }
}
