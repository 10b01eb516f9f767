import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createModelInspector } from "../src/onnx-file/create-model-inspector.ts";
import { FOLDER } from "./upload-samples.ts";

const path = fileURLToPath(new URL("pytorch-mlp.onnx", FOLDER));

test("a process that could not be started is started again for the next file", async () => {
  const node = process.execPath;
  process.execPath = "/nowhere/node";
  const inspector = createModelInspector();
  try {
    await expect(inspector.inspect(path)).rejects.toThrow("ENOENT");
    process.execPath = node;
    expect(await inspector.inspect(path)).toMatchObject({ ok: true });
  } finally {
    process.execPath = node;
    await inspector.close();
  }
});
