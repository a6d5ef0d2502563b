import type { OtherKind } from "./api/types.ts";
import { isOtherKind } from "./jobs/other-kinds.ts";

/** What the page shows: the part of its address behind `#`, so that reloading and bookmarks show the same. */
export type Route =
  | { readonly page: "jobs"; readonly kind?: OtherKind }
  | { readonly page: "job"; readonly jobId: string; readonly kind?: OtherKind }
  | { readonly page: "import"; readonly collection?: string; readonly asJob?: string }
  | { readonly page: "collections" }
  | { readonly page: "collection"; readonly name: string }
  | { readonly page: "cluster" };

/** The route of `#/jobs/12` or `#/jobs/13?kind=export`; jobs where it says nothing that there is. */
export function routeOf(hash: string): Route {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/").map(decoded);
  const id = rest.join("/");
  if (page === "jobs") return jobsRoute(id, new URLSearchParams(query).get("kind"));
  if (page === "collections") return id === "" ? { page: "collections" } : { page: "collection", name: id };
  if (page === "import") return importRoute(new URLSearchParams(query));
  return page === "cluster" ? { page: "cluster" } : { page: "jobs" };
}

function jobsRoute(jobId: string, text: string | null): Route {
  const kind = isOtherKind(text) ? { kind: text } : {};
  return jobId === "" ? { page: "jobs", ...kind } : { page: "job", jobId, ...kind };
}

/** @param query a collection to import into, or a job to begin as */
function importRoute(query: URLSearchParams): Route {
  const [collection, asJob] = [query.get("collection"), query.get("asJob")];
  return { page: "import", ...(collection !== null && { collection }), ...(asJob !== null && { asJob }) };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The inverse of `routeOf`. */
export function hrefOf(route: Route): string {
  switch (route.page) {
    case "jobs":
      return `#/jobs${kindQuery(route)}`;
    case "job":
      return `#/jobs/${encodeURIComponent(route.jobId)}${kindQuery(route)}`;
    case "collection":
      return `#/collections/${encodeURIComponent(route.name)}`;
    case "import": {
      const { page: _, ...known } = route;
      const query = new URLSearchParams(known).toString();
      return `#/import${query && `?${query}`}`;
    }
    default:
      return `#/${route.page}`;
  }
}

function kindQuery({ kind }: { readonly kind?: OtherKind }): string {
  return kind === undefined ? "" : `?kind=${kind}`;
}
