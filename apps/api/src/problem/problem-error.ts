import {
  type Fault,
  type FileProblem,
  PROBLEMS,
  type Problem,
  type ProblemCode,
} from "@descent/contracts";

/** A request that is refused: thrown anywhere below a route, answered as problem+json. */
export class ProblemError extends Error {
  readonly problem: Problem;
  readonly headers: Record<string, string>;
  constructor(problem: Problem, headers: Record<string, string>) {
    super(problem.detail);
    this.name = "ProblemError";
    this.problem = problem;
    this.headers = headers;
  }
}

/**
 * @param code from the closed table, which gives status and title
 * @param detail one sentence about this very case
 */
export function problem(
  code: ProblemCode,
  detail: string,
  more: { errors?: Fault[]; problems?: FileProblem[]; headers?: Record<string, string> } = {},
): ProblemError {
  const { status, title } = PROBLEMS[code];
  const { errors = [], problems, headers = {} } = more;
  const body: Problem = {
    type: `urn:descent:problem:${code}`,
    title,
    status,
    detail,
    code,
    errors,
  };
  return new ProblemError(problems === undefined ? body : { ...body, problems }, headers);
}

/** Faults of one kind under one code; the detail says how many there are. */
export function faulty(code: ProblemCode, errors: Fault[]): ProblemError {
  const [first] = errors;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : "";
  return problem(code, first ? `${first.pointer || "the body"}: ${first.message}${more}` : "", {
    errors,
  });
}
