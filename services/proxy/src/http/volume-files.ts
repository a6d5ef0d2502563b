import { StatusError, statusCodes } from "@sluice/errors";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ONLY_CONDITION, onlyIfAbsent } from "../uploads/content-writer.ts";
import type { PartUploads } from "../volumes/part-uploads.ts";
import type { VolumeOperations } from "../volumes/volume-operations.ts";
import { beginUploadBody, completeUploadBody, listFilesQuery, presignBody } from "../volumes/volume-requests.ts";
import { headerOf } from "./request-headers.ts";
import { parseBody } from "./rest.ts";
import { facts, onVolume } from "./routes/route-facts.ts";

interface OneFile {
  readonly Params: { readonly name: string; readonly "*": string };
}

interface OneUpload {
  readonly Params: { readonly name: string; readonly uploadId: string };
}

/** Files of volumes over REST, but for their bytes, which are no JSON (`fileService`, `partService`). */
export function volumeFileRoutes(app: FastifyInstance, volumes: VolumeOperations, uploads: PartUploads): void {
  for (const base of ["/v2/volumes/:name", "/v2/stages/:name"]) {
    app.get<OneFile>(
      `${base}/files`,
      facts("Files of a volume, by pages", onVolume("read"), { query: listFilesQuery }),
      async ({ params, query }) => ok(await volumes.listFiles(params.name, parseBody(listFilesQuery, query))),
    );
    app.delete<OneFile>(`${base}/files/*`, facts("Removes a file of a volume", onVolume("write")), async ({ params }) =>
      ok(await volumes.removeFile(params.name, params["*"])),
    );
    app.post<OneFile>(
      `${base}/presign`,
      facts("A link to read or write one file of a volume", onVolume("read", "write"), { body: presignBody }),
      async (request) => ok(await presign(volumes, request)),
    );
    uploadRoutes(app, `${base}/uploads`, uploads);
  }
}

function presign(volumes: VolumeOperations, request: FastifyRequest<OneFile>) {
  const origin = `${request.protocol}://${headerOf(request, "host")}`;
  const body = parseBody(presignBody, request.body);
  return volumes.presign(request.params.name, body, origin, request.call.caller?.user ?? "");
}

function uploadRoutes(app: FastifyInstance, base: string, uploads: PartUploads): void {
  app.post<OneUpload>(
    base,
    facts("Begins an upload in parts", onVolume("write"), { body: beginUploadBody }),
    async ({ params, body }) => ok(await uploads.begin(params.name, parseBody(beginUploadBody, body).path)),
  );
  const one = `${base}/:uploadId`;
  app.get<OneUpload>(one, facts("An upload, and the parts that have come", onVolume("write")), async ({ params }) =>
    ok(await uploads.describe(params.name, params.uploadId)),
  );
  app.delete<OneUpload>(one, facts("Gives up an upload in parts", onVolume("write")), async ({ params }) =>
    ok(await uploads.drop(params.name, params.uploadId)),
  );
  app.post<OneUpload>(
    `${one}/complete`,
    facts("Makes the parts of an upload a file", onVolume("write"), { body: completeUploadBody }),
    async (request) => {
      const { parts } = parseBody(completeUploadBody, request.body);
      const { name, uploadId } = request.params;
      return ok(await uploads.complete(name, uploadId, parts ?? undefined, isForNew(request)));
    },
  );
}

/** @throws {StatusError} 1100 for another condition, which would be passed over */
function isForNew({ headers }: FastifyRequest): boolean {
  const isOnly = onlyIfAbsent(headers);
  if (isOnly === undefined) throw new StatusError(statusCodes.invalidParameter, ONLY_CONDITION);
  return isOnly;
}

function ok<T>(data: T) {
  return { code: 0, data };
}
