/** What the page shows: the part of its address behind `#`, so that reloading and bookmarks show the same. */
export type Route =
  | { readonly page: "jobs" }
  | { readonly page: "job"; readonly jobId: string }
  | { readonly page: "import"; readonly collection?: string; readonly asJob?: string }
  | { readonly page: "collections" }
  | { readonly page: "collection"; readonly name: string }
  | { readonly page: "cluster" };

/** The route of `#/jobs/12`; jobs where it says nothing that there is. */
export function routeOf(hash: string): Route {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const [page, ...rest] = path.split("/").map(decoded);
  const id = rest.join("/");
  if (page === "jobs" && id !== "") return { page: "job", jobId: id };
  if (page === "collections") return id === "" ? { page: "collections" } : { page: "collection", name: id };
  if (page === "import") return importRoute(new URLSearchParams(query));
  return page === "cluster" ? { page: "cluster" } : { page: "jobs" };
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
    case "job":
      return `#/jobs/${encodeURIComponent(route.jobId)}`;
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
