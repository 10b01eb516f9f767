import { readFile } from "node:fs/promises";
import type { UploadedModel } from "@descent/contracts";
import { expect } from "vitest";
import type { TestApp } from "./open-test-app.ts";

/** Models as other tools wrote them, with what those tools answer to some rows (see the README there). */
const FOLDER = new URL("../../../packages/graph/test/onnx-files/golden/", import.meta.url);

export const readGolden = (name: string) => readFile(new URL(`${name}.onnx`, FOLDER));

interface Numbers {
  shape: number[];
  data: number[];
}

/** The rows of a golden model and the framework's answers to them, each flat. */
export async function readAnswers(
  name: string,
  output?: string,
): Promise<{ rows: number[][]; answers: number[][] }> {
  const text = await readFile(new URL(`${name}.json`, FOLDER), "utf8");
  const {
    inputs,
    outputs,
  }: Record<"inputs" | "outputs", Record<string, Numbers>> = JSON.parse(text);
  const byRow = ({ shape, data }: Numbers) =>
    Array.from({ length: shape[0]! }, (_, row) => {
      const width = data.length / shape[0]!;
      return data.slice(row * width, (row + 1) * width);
    });
  const answers = output === undefined ? Object.values(outputs)[0]! : outputs[output]!;
  return { rows: byRow(Object.values(inputs)[0]!), answers: byRow(answers) };
}

export const postModel = ({ app }: Pick<TestApp, "app">, payload: Buffer, query = "name=net") =>
  app.inject({
    method: "POST",
    url: `/v1/models?${query}`,
    headers: { "content-type": "application/octet-stream" },
    payload,
  });

export async function uploadGolden(
  api: Pick<TestApp, "app">,
  name: string,
): Promise<UploadedModel> {
  const answer = await postModel(api, await readGolden(name), `name=${name}`);
  expect(answer.statusCode, answer.body).toBe(201);
  expect(answer.headers.location).toBe(`/v1/models/${answer.json().id}`);
  return answer.json();
}
