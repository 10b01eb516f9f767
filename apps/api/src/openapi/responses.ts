import { PROBLEMS, Problem, type ProblemCode } from "@descent/contracts";

interface ProblemResponse {
  description: string;
  content: { "application/problem+json": { schema: typeof Problem } };
}

/** Any route can answer these. */
const EVERYWHERE: ProblemCode[] = ["invalid_request", "unauthorized", "internal", "unavailable"];

/**
 * The problems that a route can answer, for its response schemas: one per HTTP status, naming the codes.
 * @param codes beside those that every route can answer
 */
export function problems(...codes: ProblemCode[]): Record<number, ProblemResponse> {
  const responses: Record<number, ProblemResponse> = {};
  for (const code of [...codes, ...EVERYWHERE]) {
    const { status } = PROBLEMS[code];
    const before = responses[status];
    responses[status] = {
      description: before ? `${before.description}, \`${code}\`` : `Problem \`${code}\``,
      content: { "application/problem+json": { schema: Problem } },
    };
  }
  return responses;
}
