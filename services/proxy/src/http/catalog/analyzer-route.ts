import type { RestRoute } from "./rest-route.ts";

/** What an analyzer makes of texts. Source: around-import §2.6. */
export const analyzerRoutes: Readonly<Record<string, RestRoute>> = {
  "common/run_analyzer": async (body, call) => {
    const [withDetail, withHash] = [body.flag("withDetail", false), body.flag("withHash", false)];
    const request = {
      ...{ analyzerParams: body.text("analyzerParams"), withDetail, withHash },
      ...{
        dbName: body.text("dbName"),
        collectionName: body.text("collectionName"),
        fieldName: body.text("fieldName"),
      },
      placeholder: body
        .given("text")
        .texts("text")
        .map((text) => Buffer.from(text)),
    };
    const { results } = await call("runAnalyzer", request);
    return {
      results: results.map(({ tokens }) => ({
        tokens: tokens.map(({ token, startOffset, endOffset, position, positionLength, hash }) => ({
          token,
          ...(withDetail && { startOffset: Number(startOffset), endOffset: Number(endOffset) }),
          ...(withDetail && { position: Number(position), positionLength: Number(positionLength) }),
          ...(withHash && { hash }),
        })),
      })),
    };
  },
};
