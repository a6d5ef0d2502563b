import { excerpt, StatusError, statusCodes } from "@sluice/errors";
import { type Analyzer, AnalyzerError, analyzerOf, termId, tokensOf } from "@sluice/functions";
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
      if (request.analyzerNames.length > 0)
        throw invalid("analyzer_names is not supported by this server: fields have one analyzer");
      const textBytes = request.placeholder.reduce((sum, { length }) => sum + length, 0);
      if (textBytes > MAX_TEXT_BYTES)
        throw invalid(`the texts have ${textBytes} bytes, more than ${MAX_TEXT_BYTES}: send them in several calls`);
      const params =
        request.collectionName === ""
          ? request.analyzerParams
          : paramsOf(
              await resolveCollection(context, databaseOf(request, call), request.collectionName),
              request.fieldName,
            );
      const analyzer = built(params);
      return { status: okStatus(), results: request.placeholder.map((text) => resultOf(analyzer, text, request)) };
    },
  };
}

/** What a field's text is analyzed with. */
function paramsOf({ schema: bytes }: { readonly schema: Uint8Array }, name: string): string {
  const field = schema.CollectionSchema.decode(bytes).fields.find((candidate) => candidate.name === name);
  if (!field) throw invalid(`field ${excerpt(name)} not exist`);
  const paramOf = (wanted: string) => field.typeParams.find(({ key }) => key === wanted)?.value;
  if (paramOf("enable_analyzer")?.toLowerCase() !== "true")
    throw invalid(`field ${field.name} does not enable analyzer: set enable_analyzer to true`);
  return paramOf("analyzer_params") ?? "";
}

function built(params: string): Analyzer {
  try {
    return analyzerOf(params);
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
