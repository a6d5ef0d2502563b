import { isTrue } from "../given.ts";
import type { GroupBy } from "./group-params.ts";
import { refuse } from "./metrics.ts";
import { integer, MAX_WINDOW, number } from "./window-params.ts";

/** A page of a search iterator. */
export interface IteratorPage {
  readonly token: string;
  readonly lastBound: number | undefined;
}

/** @throws {StatusError} 1100 */
export function iteratorOf(
  params: ReadonlyMap<string, string>,
  groupBy: GroupBy | undefined,
): IteratorPage | undefined {
  const [isIterator, isSecond] = [isTrue(params.get("iterator")), isTrue(params.get("search_iter_v2"))];
  if (isIterator && groupBy) refuse("Not allowed to do groupBy when doing iteration: invalid parameter");
  if (!isSecond) return undefined;
  checkBatch(params.get("search_iter_batch_size"));
  if (Number(params.get("offset") ?? 0) !== 0)
    refuse("offset is not supported with search iterators: leave out the first hits in the client: invalid parameter");
  if (!isIterator) refuse("both iterator and search_iter_v2 must be set in the SDK: invalid parameter");
  const token = params.get("search_iter_id") ?? "";
  if (token !== "" && !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(token))
    refuse("invalid token format: invalid parameter");
  return { token, lastBound: answeredScore("search_iter_last_bound", params.get("search_iter_last_bound")) };
}

/** Of a page alone: with `topk` above the limit it is cut, since first iterators ask for more than they show. @throws {StatusError} 1100 */
function checkBatch(text: string | undefined): void {
  if (text === undefined) return;
  const size = integer("search_iter_batch_size", text);
  if (size < 1 || size > MAX_WINDOW)
    refuse(
      `batch size [${size}] is invalid, it should be in range [1, ${MAX_WINDOW}], but got ${size}: invalid parameter`,
    );
}

/** A score that was answered before, which may be infinite; written by Python, Go or JavaScript. */
function answeredScore(name: string, text: string | undefined): number | undefined {
  const [, sign] = /^([+-]?)inf(?:inity)?$/i.exec(text?.trim() ?? "") ?? [];
  if (sign === undefined) return number(name, text);
  return sign === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}
