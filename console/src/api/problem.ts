/** Errors of the server, as it tells them: problem documents (RFC 9457). */

/** Who holds a source that may not be changed now. */
export interface Holder {
  readonly kind: string;
  readonly id: string;
  readonly name: string;
  readonly user: string | null;
  readonly since: string;
  readonly until: string | null;
}

/** The members that Headgate's problems carry; others may come beside them. */
export interface ProblemDocument {
  readonly status: number;
  readonly code: string;
  readonly title?: string;
  readonly detail?: string;
  readonly remedy?: string;
  readonly field?: string;
  readonly instance?: string;
  readonly holders?: readonly Holder[];
  readonly errors?: readonly { readonly field?: string; readonly detail?: string }[];
  readonly [member: string]: unknown;
}

/** A refusal of the server. `code` is stable; `message` is a sentence for people. */
export class ApiProblem extends Error {
  readonly document: ProblemDocument;

  constructor(document: ProblemDocument) {
    super(document.detail ?? document.title ?? 'The server refused.');
    this.name = 'ApiProblem';
    this.document = document;
  }

  get status(): number {
    return this.document.status;
  }

  get code(): string {
    return this.document.code;
  }
}

/** The problem of an answer that is not in order. */
export async function problemOf(response: Response): Promise<ApiProblem> {
  const isProblem = response.headers.get('content-type')?.includes('json') === true;
  const body: unknown = isProblem ? await response.json().catch(() => null) : null;
  const document = typeof body === 'object' && body !== null ? body : {};
  return new ApiProblem({
    code: 'unexpected_answer',
    detail: `The server answered ${response.status}.`,
    ...document,
    status: response.status,
  });
}

/** Is this the server's refusal with that code? */
export function isProblem(error: unknown, code: string): error is ApiProblem {
  return error instanceof ApiProblem && error.code === code;
}

/** Is the session over, or was there none? */
export function signedOut(error: unknown): boolean {
  return error instanceof ApiProblem && error.status === 401;
}
