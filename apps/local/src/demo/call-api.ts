import type { Problem } from "@descent/contracts";

/** Where the service is, and the key it wants (null: none). */
export interface Api {
  url: string;
  key: string | null;
}

/**
 * Sends one request and reads the JSON of the answer.
 *
 * @param body an object is sent as JSON, a string as CSV
 * @throws Error with the problem the service names
 */
export async function callApi<Answer>(
  api: Api,
  method: "GET" | "POST",
  path: string,
  body?: object | string,
): Promise<Answer> {
  const headers = new Headers();
  if (api.key !== null) headers.set("authorization", `Bearer ${api.key}`);
  const isText = typeof body === "string";
  if (body !== undefined) headers.set("content-type", isText ? "text/csv" : "application/json");
  const answer = await fetch(`${api.url}${path}`, {
    method,
    headers,
    body: isText ? body : body === undefined ? null : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${await describeProblem(answer)}`);
  return (await answer.json()) as Answer;
}

async function describeProblem(answer: Response): Promise<string> {
  const isProblem = answer.headers.get("content-type")?.startsWith("application/problem+json");
  if (!isProblem) return `${answer.status} ${answer.statusText}`;
  const { detail, errors } = (await answer.json()) as Problem;
  return [detail, ...errors.map(({ pointer, message }) => `${pointer}: ${message}`)].join("\n  ");
}
