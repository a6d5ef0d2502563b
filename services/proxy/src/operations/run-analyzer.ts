import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type Analyzer, AnalyzerError, analyzerOf, analyzerParamsOf, termId, tokensOf } from "@sluice/functions";
import { milvus, okStatus, schema } from "@sluice/rpc";
import { databaseOf } from "../call-context.ts";
import { type ProxyContext, resolveCollection } from "../context.ts";
import type { Operations } from "./operations.ts";

/** Bytes of the texts of a call: each token is an object of the answer. */
const MAX_TEXT_BYTES = 1 << 20;

/** Shows what an analyzer makes of texts. */
export function analyzerOperations(context: ProxyContext): Operations {
  return {
    runAnalyzer: async (request, call) => {
      const textBytes = request.placeholder.reduce((sum, { length }) => sum + length, 0);
      if (textBytes > MAX_TEXT_BYTES)
        throw invalid(`the texts have ${textBytes} bytes, more than ${MAX_TEXT_BYTES}: send them in several calls`);
      const typeParams =
        request.collectionName === ""
          ? { analyzer_params: request.analyzerParams }
          : paramsOf(
              await resolveCollection(context, databaseOf(request, call), request.collectionName),
              request.fieldName,
            );
      const names = namesOf(request, typeParams);
      const analyzer = analyzersOf(typeParams);
      const results = request.placeholder.map((text, i) => resultOf(analyzer(names[i]), text, request));
      return { status: okStatus(), results };
    },
  };
}

type TypeParams = Readonly<Record<string, string>>;

/** Of each text the name of its analyzer. @throws {StatusError} 1100 */
function namesOf({ analyzerNames: names, placeholder }: milvus.RunAnalyzerRequest, params: TypeParams): string[] {
  if (names.length > 0 && params.multi_analyzer_params === undefined)
    throw invalid(
      "analyzer_names has no effect: there is one analyzer (leave them out, or name a field that has more)",
    );
  if (names.length === placeholder.length) return names;
  if (names.length <= 1) return placeholder.map(() => names[0] ?? "");
  throw invalid(
    `analyzer names size must be 0, 1, or equal to text size, got analyzer names size [${names.length}], text size [${placeholder.length}]`,
  );
}

/** What describes a field's analyzers. */
function paramsOf({ schema: bytes }: { readonly schema: Uint8Array }, name: string): TypeParams {
  const field = schema.CollectionSchema.decode(bytes).fields.find((candidate) => candidate.name === name);
  if (!field) throw invalid(`field ${excerpt(name)} not exist`);
  const params = Object.fromEntries(field.typeParams.map(({ key, value }) => [key, value]));
  if (params.enable_analyzer?.toLowerCase() !== "true")
    throw invalid(`field ${field.name} does not enable analyzer: set enable_analyzer to true`);
  return params;
}

/** Analyzers by their names. @throws {StatusError} 1100 */
function analyzersOf(params: TypeParams): (name: string) => Analyzer {
  const paramsByName = built(() => analyzerParamsOf(params));
  return (name) => built(() => analyzerOf(paramsByName(name)));
}

function built<T>(build: () => T): T {
  try {
    return build();
  } catch (error) {
    if (!(error instanceof AnalyzerError)) throw error;
    throw invalid(error.message);
  }
}

function resultOf(
  analyzer: Analyzer,
  text: Uint8Array,
  { withDetail, withHash }: milvus.RunAnalyzerRequest,
): milvus.AnalyzerResult {
  const tokens = tokensOf(analyzer, Buffer.from(text).toString("utf8"));
  return {
    tokens: tokens.map(({ text: token, start, end, position, positionLength }) =>
      milvus.AnalyzerToken.fromPartial({
        token,
        ...(withDetail && {
          startOffset: BigInt(start),
          endOffset: BigInt(end),
          position: BigInt(position),
          positionLength: BigInt(positionLength),
        }),
        ...(withHash && { hash: termId(token) }),
      }),
    ),
  };
}

function invalid(reason: string): StatusError {
  return new StatusError(statusCodes.invalidParameter, `${reason}: invalid parameter`);
}
