import { type Static, Type } from "typebox";

/** Every error code the API can answer, with its HTTP status and title: the closed table of RFC 9457 problems. */
export const PROBLEMS = {
  invalid_request: { status: 400, title: "The request does not have the expected shape" },
  malformed_json: { status: 400, title: "The body is not valid JSON" },
  invalid_cursor: { status: 400, title: "The cursor is not one this list handed out" },
  unauthorized: { status: 401, title: "A valid API key is required" },
  not_found: { status: 404, title: "There is nothing at this address" },
  dataset_not_found: { status: 404, title: "No such data set" },
  job_not_found: { status: 404, title: "No such job" },
  model_not_found: { status: 404, title: "There is no such model" },
  optimizer_not_found: { status: 404, title: "No such optimizer" },
  method_not_allowed: { status: 405, title: "This address does not answer that method" },
  job_already_ended: { status: 409, title: "The job has already ended" },
  dataset_in_use: { status: 409, title: "Unfinished jobs use the data set" },
  optimizer_exists: { status: 409, title: "There is another rule of that name" },
  model_in_use: { status: 409, title: "Unfinished jobs use the model" },
  optimizer_in_use: { status: 409, title: "Jobs use the rule" },
  dataset_not_ready: { status: 409, title: "The data set is not ready" },
  body_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The content type is not accepted here" },
  misdirected_request: { status: 421, title: "This server does not answer for that host" },
  invalid_dataset: { status: 422, title: "The file cannot be used as a data set" },
  invalid_model: { status: 422, title: "The file cannot be used as a model" },
  invalid_optimizer: { status: 422, title: "The text cannot be used as a rule" },
  invalid_trajectory: { status: 422, title: "The trajectory cannot run as described" },
  invalid_job: { status: 422, title: "The job cannot run as described" },
  invalid_rows: { status: 422, title: "The rows are not such as the model takes" },
  idempotency_key_reused: { status: 422, title: "The Idempotency-Key was used with another body" },
  internal: { status: 500, title: "Something went wrong here; it has been logged" },
  timeout: { status: 503, title: "The request took too long" },
  unavailable: { status: 503, title: "A part of the service does not answer" },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

/** One fault of a request: where (an RFC 6901 JSON pointer), what is wrong, what would be accepted. */
export const Fault = Type.Object(
  {
    pointer: Type.String(),
    message: Type.String(),
    allowed: Type.Optional(Type.Array(Type.Union([Type.String(), Type.Number(), Type.Boolean()]))),
  },
  { $id: "Fault", additionalProperties: false },
);
export type Fault = Static<typeof Fault>;

/** One place of an uploaded file that cannot be used. `row` 1 is the first row of data; 0 is the header or the file itself. */
export const FileProblem = Type.Object(
  {
    row: Type.Integer({ minimum: 0 }),
    column: Type.Union([Type.String(), Type.Null()]),
    message: Type.String(),
  },
  { $id: "FileProblem", additionalProperties: false },
);
export type FileProblem = Static<typeof FileProblem>;

/** The body of every error answer (RFC 9457, `application/problem+json`). */
export const Problem = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    code: Type.Enum(Object.keys(PROBLEMS) as ProblemCode[]),
    errors: Type.Array(Fault),
    problems: Type.Optional(Type.Array(FileProblem)),
  },
  { $id: "Problem", additionalProperties: false },
);
export type Problem = Static<typeof Problem>;
