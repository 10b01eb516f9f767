import { expect } from "vitest";
import type { TestApp } from "./open-test-app.ts";

/** Images [1, size, size] of two kinds, in the MNIST format. */
export async function uploadImages(
  { app }: Pick<TestApp, "app">,
  size: number,
  count: number,
): Promise<string> {
  const head = (magic: number, ...lengths: number[]) =>
    Buffer.concat(
      [magic, ...lengths].map((word) => Buffer.from(Uint32Array.of(word).buffer).swap32()),
    );
  const images = Buffer.concat([head(0x803, count, size, size), Buffer.alloc(count * size * size)]);
  const labels = Buffer.concat([
    head(0x801, count),
    Buffer.from(Array.from({ length: count }, (_, row) => row % 2)),
  ]);
  const part = (name: string, content: Buffer) => [
    Buffer.from(
      `--frontier\r\ncontent-disposition: form-data; name="${name}"; filename="${name}"\r\n\r\n`,
    ),
    content,
    Buffer.from("\r\n"),
  ];
  const response = await app.inject({
    method: "POST",
    url: "/v1/datasets?name=digits",
    headers: { "content-type": "multipart/form-data; boundary=frontier" },
    payload: Buffer.concat([
      ...part("images", images),
      ...part("labels", labels),
      Buffer.from("--frontier--\r\n"),
    ]),
  });
  expect(response.statusCode, response.body).toBe(201);
  return response.json().id;
}
