interface QueryTexts {
  readonly filter: string;
  /** Names with commas between them. */
  readonly fields: string;
  readonly limit: string;
}

/** Body of `entities/query`; a count takes no limit. */
export function queryRequestOf(collectionName: string, { filter, fields, limit }: QueryTexts): object {
  const names = fields.split(",").map((name) => name.trim());
  const outputFields = names.filter((name) => name !== "");
  const isCount = outputFields.length === 1 && /^count\(\s*\*\s*\)$/i.test(outputFields[0]);
  return {
    collectionName,
    filter: filter.trim(),
    outputFields: outputFields.length > 0 ? outputFields : ["*"],
    ...(!isCount && { limit: Number(limit) || 20 }),
  };
}
