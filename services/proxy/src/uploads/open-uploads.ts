import type { RequestListener, Server } from "node:http";
import type { Socket } from "node:net";
import { attach, openUploadServer, type UploadServerDeps, uploadHandler } from "./upload-server.ts";

/**
 * Takes connections of uploaders.
 * @param rest server of other requests, whose connections may carry uploads among them
 */
export function openUploads(rest: Server, deps: Omit<UploadServerDeps, "others">): (socket: Socket) => void {
  const [others] = rest.listeners("request") as RequestListener[];
  const handler = uploadHandler({ ...deps, others });
  attach(rest, handler);
  const server = openUploadServer(handler);
  return (socket) => void server.emit("connection", socket);
}
