import type { UploadedModel } from "@descent/contracts";
import { readGolden } from "@descent/test/golden-model";
import { expect } from "vitest";
import type { TestApp } from "./open-test-app.ts";

export const postModel = ({ app }: Pick<TestApp, "app">, payload: Buffer, query = "name=net") =>
  app.inject({
    method: "POST",
    url: `/v1/models?${query}`,
    headers: { "content-type": "application/octet-stream" },
    payload,
  });

/** A model that another tool wrote. */
export async function uploadGolden(
  api: Pick<TestApp, "app">,
  name: string,
): Promise<UploadedModel> {
  const answer = await postModel(api, await readGolden(name), `name=${name}`);
  expect(answer.statusCode, answer.body).toBe(201);
  expect(answer.headers.location).toBe(`/v1/models/${answer.json().id}`);
  return answer.json();
}
