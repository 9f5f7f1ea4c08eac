/**
 * Every way in which an operation can fail: code → status, title, and what to do where the error itself knows no better. One filter turns it into `problem+json`; no
 * status code stands anywhere else. A bad scenario is no such failure: it is a list of issues (`invalid-scenario`).
 */
export const ERRORS = {
  'malformed-body': {
    status: 400,
    title: 'The body cannot be read',
    hint: 'Correct it where the detail says; JSON goes as application/json, YAML as application/yaml.',
  },
  'malformed-request': {
    status: 400,
    title: 'The request cannot be read',
    hint: 'Correct the path or the header that the detail names; what a path or query holds is percent-encoded UTF-8.',
  },
  unauthenticated: {
    status: 401,
    title: 'A key is needed',
    hint: 'Send Authorization: Bearer hp_…. Whoever has an admin key makes keys with POST /v1/keys; the first ones stand in API_KEYS of the server.',
  },
  forbidden: {
    status: 403,
    title: 'Whoever asks may not do this',
    hint: 'Ask whoever has an admin key for a key that may: POST /v1/keys.',
  },
  'not-found': { status: 404, title: 'There is nothing here', hint: 'Look at its spelling; /docs lists every call.' },
  'method-not-allowed': {
    status: 405,
    title: 'The method is none of those that the path takes',
    hint: 'Take one of the methods that Allow lists.',
  },
  'not-acceptable': {
    status: 406,
    title: 'None of the accepted formats is there',
    hint: 'Leave Accept out, or name a format that is there; /docs lists them.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request took too long to arrive',
    hint: 'Send it again, on a faster way or with less in it.',
  },
  'not-finished': {
    status: 409,
    title: 'The simulation has no results yet',
    hint: 'Ask again after Retry-After, or follow its events until it has ended.',
  },
  'no-results': {
    status: 409,
    title: 'The simulation ended without results',
    hint: 'Read what became of it, correct that, and run it again.',
  },
  conflict: { status: 409, title: 'Somebody else was quicker', hint: 'Read it again, and try again.' },
  'limit-reached': {
    status: 409,
    title: 'There are as many as there may be',
    hint: 'Delete what is not needed any more; the operator of the server can raise the limit.',
  },
  'precondition-failed': {
    status: 412,
    title: 'It was changed in the meantime',
    hint: 'Read it again, and send the change with its ETag as If-Match.',
  },
  'body-too-large': {
    status: 413,
    title: 'The body is too large',
    hint: 'Leave out what does not matter; the operator of the server can raise MAX_BODY_BYTES.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body has a format that is not read here',
    hint: "Send UTF-8 as application/json or application/yaml (with curl: -H 'content-type: application/yaml').",
  },
  'invalid-request': {
    status: 422,
    title: 'The request has values that cannot be used',
    hint: 'Correct what the issues name; /docs tells what this call takes.',
  },
  'invalid-scenario': {
    status: 422,
    title: 'The scenario has errors',
    hint: 'Correct what the issues name; docs/issues.md tells of each code.',
  },
  'invalid-cursor': { status: 422, title: 'The cursor is not one of this list', hint: 'Start again without a cursor.' },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    hint: 'Send another key with another body.',
  },
  'model-refused': {
    status: 422,
    title: 'The model has no answer to this',
    hint: 'Ask for something that is there at that time.',
  },
  'precondition-required': {
    status: 428,
    title: 'If-Match is needed',
    hint: 'Read it, and send its ETag as If-Match; * replaces whatever is there.',
  },
  'quota-exceeded': {
    status: 429,
    title: 'There is no room for more of it',
    hint: 'Wait until some of it has ended, or delete what is not needed; the operator of the server can raise the setting that the detail names.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    hint: 'Ask again after Retry-After; RateLimit tells how many calls are left.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    hint: 'Send less in path, query and headers; what is long belongs into the body of a POST.',
  },
  internal: {
    status: 500,
    title: 'An error of the server',
    hint: 'Tell whoever runs the server; the detail names the place in its log.',
  },
  unavailable: { status: 503, title: 'Not at the moment', hint: 'Ask again after Retry-After.' },
  'took-too-long': {
    status: 503,
    title: 'It took longer than is allowed',
    hint: 'Ask for less at a time, or again when the server has less to do.',
  },
} as const satisfies Record<string, { status: number; title: string; hint: string }>;

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
  /** What to do about it. */
  readonly hint: string;
  readonly headers: Readonly<Record<string, string>>;

  /**
   * `message`: a sentence for people. `issues`: all that is wrong. `hint`: without it that of the first error, or of the
   * code. `headers`: response headers that belong to it.
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    more: { issues?: readonly ProblemIssue[]; hint?: string; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.issues = more.issues ?? [];
    this.hint = more.hint ?? this.issues.find(({ severity }) => severity === 'error')?.hint ?? ERRORS[code].hint;
    this.headers = more.headers ?? {};
  }

  get status(): number {
    return ERRORS[this.code].status;
  }
}
