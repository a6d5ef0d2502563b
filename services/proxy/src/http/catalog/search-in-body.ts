import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type milvus, schema } from "@sluice/rpc";
import { type Body, missing } from "./body.ts";
import { functionOf } from "./schema-message.ts";
import { placeholderGroup } from "./vectors-in-body.ts";

/** What is searched for: how many queries, and their vectors or the keys of rows that have them. */
export type SearchedFor = Pick<milvus.SearchRequest, "nq" | "searchInput">;

/**
 * What a body searches for: `data`, or the rows of `ids`.
 * @param field that is searched, undefined where the body names none that there is
 * @throws {StatusError} 1802 for neither, 1100 for both, 1801 for what is no vector of the field
 */
export function searchedFor(
  body: Body,
  field: schema.FieldSchema | undefined,
  { fields }: schema.CollectionSchema,
): SearchedFor {
  const data = body.list("data");
  const ids = body.list("ids").length > 0 ? (body.exact("ids") as unknown[]) : [];
  if (data.length > 0 && ids.length > 0) throw invalid("data and ids cannot be given together: search for one of them");
  if (ids.length > 0) return { nq: BigInt(ids.length), searchInput: { $case: "ids", value: keysOf(ids, fields) } };
  if (data.length === 0) throw missing("data");
  return {
    nq: BigInt(data.length),
    searchInput: field && { $case: "placeholderGroup", value: placeholderGroup(data, field) },
  };
}

/** The field that a body searches: the only one with vectors, where it names none. */
export function searchedName(body: Body, { fields }: schema.CollectionSchema): string {
  const vectors = fields.filter(({ dataType }) => dataType >= schema.DataType.BinaryVector);
  return body.text("annsField") || (vectors.length === 1 ? vectors[0].name : "");
}

/** A field by its name, `struct[member]` too. */
export function searchedField(name: string, collection: schema.CollectionSchema): schema.FieldSchema | undefined {
  const { fields, structArrayFields: structs } = collection;
  const members = structs.flatMap((struct) =>
    struct.fields.map((member) => ({ ...member, name: `${struct.name}[${member.name}]` })),
  );
  return [...fields, ...members].find((field) => field.name === name);
}

/** Keys as their field has them; texts that are no integers stay texts, which the search refuses. */
function keysOf(ids: readonly unknown[], fields: readonly schema.FieldSchema[]): schema.IDs {
  const texts = ids.map((id) => {
    if (typeof id === "string" || typeof id === "bigint" || Number.isSafeInteger(id)) return String(id);
    throw invalid(`ids can only hold integers and texts, but got ${excerpt(String(id))}`);
  });
  const isText = fields.find(({ isPrimaryKey }) => isPrimaryKey)?.dataType === schema.DataType.VarChar;
  if (isText || !texts.every((text) => /^-?\d{1,19}$/.test(text)))
    return schema.IDs.fromPartial({ idField: { $case: "strId", value: { data: texts } } });
  return schema.IDs.fromPartial({ idField: { $case: "intId", value: { data: texts.map(BigInt) } } });
}

/** What ranks the hits of a search, or of several together; undefined where a body names no such function. */
export function functionScoreIn(body: Body): schema.FunctionScore | undefined {
  const score = body.inner("functionScore");
  const functions = score.bodies("functions").map(functionOf);
  return functions.length === 0 ? undefined : { functions, params: score.pairs("params") };
}

/**
 * Parameters of `searchParams`, those in its own `params` among them.
 * @throws {StatusError} 1100 for one that stands in both with two values: which is meant nobody knows
 */
export function paramsIn(body: Body): Readonly<Record<string, unknown>> {
  const outer = body.inner("searchParams");
  const { params: _, ...own } = body.object("searchParams");
  const inner = outer.object("params");
  for (const [name, value] of Object.entries(inner))
    if (Object.hasOwn(own, name) && JSON.stringify(own[name]) !== JSON.stringify(value))
      throw invalid(
        `ambiguous parameter: ${excerpt(name)}, in search_param: ${excerpt(String(own[name]))}, in search_param.params: ${excerpt(String(value))}`,
      );
  return { ...body.object("params"), ...own, ...inner };
}

function invalid(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, `${reason}: invalid parameter`);
}
