/** What requests are refused with: codes that S3 clients know, and their HTTP statuses. Source: Amazon S3's table of error codes. */
const statuses = {
  AccessDenied: 403,
  AuthorizationHeaderMalformed: 400,
  BadDigest: 400,
  EntityTooLarge: 400,
  ExpiredToken: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidAccessKeyId: 403,
  InvalidArgument: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidToken: 400,
  MalformedXML: 400,
  MissingContentLength: 411,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  RequestTimeTooSkewed: 403,
  SignatureDoesNotMatch: 403,
  SlowDown: 503,
  XAmzContentSHA256Mismatch: 400,
} as const;

/** As the body of an answer names it. */
export type S3Code = keyof typeof statuses;

/** A refusal in the terms of S3. */
export class S3Refusal extends Error {
  readonly code: S3Code;
  constructor(code: S3Code, reason: string) {
    super(reason);
    this.name = "S3Refusal";
    this.code = code;
  }

  /** See `S3Code`. */
  get httpStatus(): number {
    return statuses[this.code];
  }
}
