import type { FastifyInstance } from "fastify";
import { type Caller, scopeOf, showsVolume } from "../access/access-control.ts";
import type { ProxyContext } from "../context.ts";
import { volumeGroups } from "../volumes/volume-import.ts";
import type { VolumeOperations } from "../volumes/volume-operations.ts";
import {
  alterVolumeBody,
  applyVolumeBody,
  createVolumeBody,
  dropVolumeQuery,
  inspectBody,
  listVolumesQuery,
} from "../volumes/volume-requests.ts";
import { optionsOf } from "./import-options.ts";
import { inspectFiles } from "./inspect-files.ts";
import { parseBody } from "./rest.ts";
import { admin, facts, onVolume, open } from "./routes/route-facts.ts";

interface OneVolume {
  readonly Params: { readonly name: string };
}

/** Volumes over REST, as Zilliz Cloud has them, under the word that older clients know as well. */
export function volumeRoutes(app: FastifyInstance, context: ProxyContext, volumes: VolumeOperations): void {
  for (const base of ["/v2/volumes", "/v2/stages"]) {
    const one = `${base}/:name`;
    app.get(base, facts("Volumes, by pages", open, { query: listVolumesQuery }), async ({ query, call }) =>
      ok(await volumes.list(parseBody(listVolumesQuery, query), shownTo(call.caller))),
    );
    app.post(`${base}/create`, facts("Makes a volume", admin, { body: createVolumeBody }), async ({ body }) =>
      ok(await volumes.create(parseBody(createVolumeBody, body))),
    );
    app.post(
      `${base}/apply`,
      facts("Credentials for an upload into a volume", onVolume("write"), { body: applyVolumeBody }),
      async ({ body, headers, call }) =>
        ok(await volumes.apply(parseBody(applyVolumeBody, body), headers.host ?? "", call.caller?.user ?? "")),
    );
    app.post<OneVolume>(
      `${one}/inspect`,
      facts("What files of a volume hold", onVolume("read"), { body: inspectBody }),
      async (request) => {
        const { path } = parseBody(inspectBody, request.body);
        const groups = volumeGroups({ volumeName: request.params.name, stageName: undefined, dataPaths: [path] }) ?? [];
        return ok(await inspectFiles(context, groups, optionsOf(request), scopeOf(request.call.caller)));
      },
    );
    app.get<OneVolume>(one, facts("A volume", onVolume("see")), async ({ params }) =>
      ok(await volumes.describe(params.name)),
    );
    app.patch<OneVolume>(one, facts("Changes a volume", admin, { body: alterVolumeBody }), async ({ params, body }) =>
      ok(await volumes.alter(params.name, parseBody(alterVolumeBody, body))),
    );
    const dropping = facts("Drops a volume with its files", admin, { query: dropVolumeQuery });
    app.delete<OneVolume>(one, dropping, async ({ params, query }) =>
      ok(await volumes.drop(params.name, parseBody(dropVolumeQuery, query).force === "true")),
    );
  }
}

/** Where nobody is asked, all. */
function shownTo(caller: Caller | undefined): (name: string) => boolean {
  return (name) => !caller || showsVolume(caller, name);
}

function ok<T>(data: T) {
  return { code: 0, data };
}
