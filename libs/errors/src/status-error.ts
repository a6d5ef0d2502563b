import { excerpt, MAX_REASON } from "./excerpt.ts";

/** A refusal with a Milvus status code (client contract §1.8), outside the import path: names, databases, queries. */
export class StatusError extends Error {
  /** Milvus code, such as 100 collection not found, 1100 invalid parameter. Never 0. */
  readonly code: number;
  constructor(code: number, reason: string, options?: ErrorOptions) {
    super(excerpt(reason, MAX_REASON), options);
    this.name = "StatusError";
    this.code = code;
  }
}

/** This process leads no more, or not yet: another one answers the same call. Inside the cluster calls are made again. */
export class NotLeadingError extends StatusError {
  constructor(role: string) {
    super(statusCodes.notReady, `service not ready: this ${role} does not lead`);
    this.name = "NotLeadingError";
  }
}

/** No process lives that answers a call, and none has come while the call waited. */
export class NobodyAnswersError extends StatusError {
  constructor(call: string) {
    super(statusCodes.notReady, `service not ready: ${call}: no process that answers it lives`);
    this.name = "NobodyAnswersError";
  }
}

/** Codes of the public Status that the product uses. Source: Milvus error table, as in the client contract. */
export const statusCodes = {
  notReady: 1,
  unimplemented: 10,
  collectionNotFound: 100,
  collectionNotLoaded: 101,
  schemaMismatch: 109,
  partitionNotFound: 200,
  partitionNotLoaded: 201,
  channelNotAvailable: 503,
  segmentNotFound: 600,
  indexNotFound: 700,
  databaseNotFound: 800,
  databaseInvalidName: 802,
  invalidParameter: 1100,
  missingParameter: 1101,
  parameterTooLarge: 1102,
  notAuthenticated: 1400,
  aliasNotFound: 1600,
  aliasConflict: 1601,
  aliasExists: 1602,
  unexpected: 65535,
} as const;
