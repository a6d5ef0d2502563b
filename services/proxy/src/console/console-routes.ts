import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname } from "node:path";
import { consoleFolder } from "@sluice/console";
import { excerpt } from "@sluice/errors";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { facts, forAll } from "../http/routes/route-facts.ts";

/** A file of the page, as it is sent. */
interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  readonly etag: string;
}

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
};

/** Nothing but this server's own files, nothing inline, in nobody's frame. Source: Content Security Policy Level 3. */
const policy = [
  ...["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src data:"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"],
].join("; ");

const headers = {
  "content-security-policy": policy,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  // Asked for each time, answered with 304: a new version counts at once.
  "cache-control": "no-cache",
};

/** The console, and the way to it from `/`. @throws when the page is not built */
export async function serveConsole(app: FastifyInstance): Promise<void> {
  const files = await readFiles();
  const page = files.get("index.html") as PageFile;
  app.get("/", facts("Leads to the console", forAll), (_request, reply) => reply.redirect("/console"));
  app.get("/console", facts("The console, which asks itself who one is", forAll), (request, reply) =>
    send(page, request, reply),
  );
  app.get<{ Params: { readonly file: string } }>(
    "/console/:file",
    facts("A file of the console", forAll),
    (request, reply) => {
      const file = files.get(request.params.file);
      if (file) return send(file, request, reply);
      return reply.code(404).send({ code: 404, message: `the console has no file ${excerpt(request.params.file)}` });
    },
  );
}

function send({ type, bytes, etag }: PageFile, request: FastifyRequest, reply: FastifyReply) {
  reply.headers({ ...headers, etag });
  if (request.headers["if-none-match"] === etag) return reply.code(304).send();
  return reply.type(type).send(bytes);
}

async function readFiles(): Promise<ReadonlyMap<string, PageFile>> {
  const names = await readdir(consoleFolder);
  return new Map(await Promise.all(names.map(async (name) => [name, await readPageFile(name)] as const)));
}

async function readPageFile(name: string): Promise<PageFile> {
  const bytes = await readFile(new URL(name, consoleFolder));
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`;
  return { type: types[extname(name)] ?? "application/octet-stream", bytes, etag };
}
