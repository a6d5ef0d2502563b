import { type ModelServers, modelOf } from "@sluice/embedding";
import { common, decodeStoredSchema, type milvus } from "@sluice/rpc";
import {
  type CollectionSchema,
  DataType,
  type FieldSchema,
  fixedWidth,
  functionOfOutput,
  isVector,
} from "@sluice/schema";
import { refused } from "../rows/given-columns.ts";

/** Of vectors that a model makes of the texts of one search. */
const MAX_VECTORS_BYTES = 64 << 20;
/** No field holds a longer text. */
const MAX_TEXT_BYTES = 65_535;
/** Whoever searches waits for the answer. */
const PATIENCE = { totalMs: 10_000, firstMs: 250 };

/**
 * Texts that are searched for in what a model has made of texts become vectors of the same model. All other searches stay as they are.
 * @param storedSchema of the collection
 * @throws {ImportError} `provider_refused`, `provider_unavailable`; {StatusError} 1100 for an empty text
 */
export async function withVectorsOfTexts<R extends milvus.SearchRequest>(
  request: R,
  storedSchema: Uint8Array,
  models: ModelServers,
  signal: AbortSignal,
): Promise<R> {
  const input = request.searchInput;
  // What every such function says: most collections have none, and are not decoded for nothing.
  if (input?.$case !== "placeholderGroup" || !mentions(storedSchema, "provider")) return request;
  const schema = decodeStoredSchema(storedSchema, []);
  const field = searchedField(request, schema);
  const model = field && functionOfOutput(schema, field);
  if (!field || model?.type !== "textembedding") return request;
  const [placeholder, ...more] = common.PlaceholderGroup.decode(input.value).placeholders;
  if (!placeholder || more.length > 0 || (placeholder.type as number) !== DataType.VarChar) return request;
  const values = await vectorsOf(textsOf(placeholder.values), { model: modelOf(model, field, models), field }, signal);
  const made = { ...placeholder, type: field.dataType as number as common.PlaceholderType, values };
  const value = common.PlaceholderGroup.encode({ placeholders: [made] }).finish();
  return { ...request, searchInput: { $case: "placeholderGroup", value: Buffer.from(value) } };
}

function mentions(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1").toLowerCase().includes(text);
}

/** As the querynode finds it: by name, or the only one. What is wrong with it is said there. */
function searchedField({ searchParams }: milvus.SearchRequest, { fields }: CollectionSchema): FieldSchema | undefined {
  const name = searchParams.find(({ key }) => key === "anns_field")?.value ?? "";
  if (name !== "") return fields.find((field) => field.name === name);
  const vectors = fields.filter(({ dataType }) => isVector(dataType));
  return vectors.length === 1 ? vectors[0] : undefined;
}

function textsOf(values: readonly Uint8Array[]): string[] {
  return values.map((bytes) => {
    if (bytes.length === 0)
      throw refused("there is an empty string in the queries, TextEmbedding function does not support empty text");
    if (bytes.length > MAX_TEXT_BYTES)
      throw refused(
        `a text of ${bytes.length} bytes is longer than ${MAX_TEXT_BYTES}, as no field has it: search for a part of it`,
      );
    return Buffer.from(bytes).toString("utf8");
  });
}

async function vectorsOf(
  texts: readonly string[],
  { model, field }: { readonly model: ReturnType<typeof modelOf>; readonly field: FieldSchema },
  signal: AbortSignal,
): Promise<Buffer[]> {
  const width = fixedWidth(field);
  if (texts.length * width > MAX_VECTORS_BYTES)
    throw refused(`${texts.length} texts are too many for one search in ${field.name}: send fewer`);
  const vectors = Buffer.from(new ArrayBuffer(texts.length * width));
  const call = { purpose: "search", patience: PATIENCE, signal } as const;
  for (let start = 0; start < texts.length; start += model.maxTexts) {
    const end = Math.min(texts.length, start + model.maxTexts);
    await model.embed(texts.slice(start, end), vectors.subarray(start * width, end * width), call);
  }
  return texts.map((_, i) => vectors.subarray(i * width, (i + 1) * width));
}
