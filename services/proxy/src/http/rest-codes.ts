/** Codes of the REST layer itself. Source: client contract §1.8. */
export const restCodes = { malformedBody: 1801, missingParameter: 1802, rateLimited: 1807 } as const;
