/** Errors of calls: what the server refused, and what never reached it or broke off. */
import type { Problem } from './api.generated.ts';

/**
 * The server answered with a problem (RFC 9457). `code` is stable and for programs; `message` and `remedy` are for
 * people; further members, such as the `holders` of a source in use, stand in `problem`.
 *
 * ```ts
 * try {
 *   await headgate.call('deleteSource', { params: { name: 'crm' } });
 * } catch (error) {
 *   if (error instanceof ProblemError && error.code === 'source_in_use') console.log(error.problem.holders);
 * }
 * ```
 */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem & { readonly [member: string]: unknown };
  /** Seconds to wait before another try, when the server said so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(problem: ProblemError['problem'], retryAfterSeconds?: number) {
    super(problem.detail);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get status(): number {
    return this.problem.status;
  }

  get code(): string {
    return this.problem.code;
  }

  /** The member of the input that is wrong, e.g. `tls/mode`. */
  get field(): string | undefined {
    return this.problem.field;
  }

  get remedy(): string | undefined {
    return this.problem.remedy;
  }

  /** Under this id the server's log tells more. */
  get requestId(): string {
    return this.problem.instance;
  }
}

/** No answer, or one that broke off: `cause` is the error of `fetch`. An abort is not one; it rejects with its reason. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
}

/** The error of an answer that is no success. Reads its body. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) ? seconds : undefined;
  const text = await response.text().catch(() => '');
  return new ProblemError(parseProblem(text) ?? foreignProblem(response), retryAfter);
}

function parseProblem(text: string): ProblemError['problem'] | undefined {
  try {
    const found: unknown = JSON.parse(text);
    return isProblem(found) ? found : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value has the members that every problem of Headgate has. */
export function isProblem(value: unknown): value is ProblemError['problem'] {
  if (typeof value !== 'object' || value === null) return false;
  return 'code' in value && typeof value.code === 'string' && 'detail' in value && typeof value.detail === 'string';
}

/** Something between here and Headgate answered in its place. */
function foreignProblem(response: Response): ProblemError['problem'] {
  return {
    type: 'about:blank',
    title: response.statusText,
    status: response.status,
    detail: `The server answered ${response.status} without saying why.`,
    code: `http_${response.status}`,
    instance: response.headers.get('x-request-id') ?? '',
  };
}
