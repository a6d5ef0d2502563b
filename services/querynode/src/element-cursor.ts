import { StatusError, statusCodes } from "@sluice/errors";
import { isTrue } from "./given.ts";

/** The last element that an iterator has had; its next page begins behind it, in the same row where there are more. */
export interface ElementCursor {
  /** The row's primary key, as text. */
  readonly key: string;
  readonly element: number;
}

/** What an iterator over elements sends with its next request. @throws {StatusError} 1100 for half of it, and without an iterator */
export function elementCursorOf(params: ReadonlyMap<string, string>): ElementCursor | undefined {
  const [key, element] = [params.get("query_iter_last_pk"), params.get("query_iter_last_element_offset")];
  if (key === undefined && element === undefined) return undefined;
  if (key === undefined || element === undefined || !isTrue(params.get("iterator")))
    return refuse("query_iter_last_pk and query_iter_last_element_offset go together, with iterator=true");
  if (!/^\d{1,9}$/.test(element)) refuse(`query_iter_last_element_offset [${element}] is invalid`);
  return { key, element: Number(element) };
}

function refuse(cause: string): never {
  throw new StatusError(statusCodes.invalidParameter, `${cause}: invalid parameter`);
}
