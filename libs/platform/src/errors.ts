/**
 * Every way in which an operation can fail: code → status and title. One filter turns it into `problem+json`; no
 * status code stands anywhere else. A bad scenario is no such failure: it is a list of issues (`invalid-scenario`).
 */
export const ERRORS = {
  'malformed-body': { status: 400, title: 'The body cannot be read' },
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  unauthenticated: { status: 401, title: 'A key is needed' },
  forbidden: { status: 403, title: 'Whoever asks may not do this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'The method is none of those that the path takes' },
  'not-acceptable': { status: 406, title: 'None of the accepted formats is there' },
  'request-timeout': { status: 408, title: 'The request took too long to arrive' },
  'not-finished': { status: 409, title: 'The simulation has no results yet' },
  'no-results': { status: 409, title: 'The simulation ended without results' },
  conflict: { status: 409, title: 'Somebody else was quicker' },
  'limit-reached': { status: 409, title: 'There are as many as there may be' },
  'precondition-failed': { status: 412, title: 'It was changed in the meantime' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body has a format that is not read here' },
  'invalid-request': { status: 422, title: 'The request has values that cannot be used' },
  'invalid-scenario': { status: 422, title: 'The scenario has errors' },
  'invalid-cursor': { status: 422, title: 'The cursor is not one of this list' },
  'idempotency-key-reused': { status: 422, title: 'The Idempotency-Key was used for another request' },
  'model-refused': { status: 422, title: 'The model has no answer to this' },
  'precondition-required': { status: 428, title: 'If-Match is needed' },
  'quota-exceeded': { status: 429, title: 'There is no room for more of it' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  internal: { status: 500, title: 'An error of the server' },
  unavailable: { status: 503, title: 'Not at the moment' },
  'took-too-long': { status: 503, title: 'It took longer than is allowed' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** One thing that is wrong with what was sent; the same shape for a scenario and for the API's own parameters. */
export interface ProblemIssue {
  code: string;
  severity: 'error' | 'warning';
  /** JSON pointer into the body, or `?name` for a query parameter, `:name` for one of the path. */
  path: string;
  line?: number;
  column?: number;
  message: string;
  hint: string;
}

/** An operation failed in a way that its caller can be told. */
export class AppError extends Error {
  readonly issues: readonly ProblemIssue[];
  readonly headers: Readonly<Record<string, string>>;

  /** `message`: a sentence for people. `issues`: all that is wrong. `headers`: response headers that belong to it. */
  constructor(
    readonly code: ErrorCode,
    message: string,
    more: { issues?: readonly ProblemIssue[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.issues = more.issues ?? [];
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
