import { readFile } from "node:fs/promises";
import type { ModelInspection } from "./create-model-inspector.ts";
import { ModelRefused } from "./onnx-file.ts";
import { profileOnnx } from "./profile-onnx.ts";
import { readOnnx } from "./read-onnx.ts";
import { verifyOnnx } from "./verify-onnx.ts";

/** What the ONNX file at a path is, or why it cannot be trained. */
export async function inspectOnnx(path: string): Promise<ModelInspection> {
  const bytes = await readFile(path);
  try {
    const file = readOnnx(bytes);
    const profile = profileOnnx(file);
    await verifyOnnx(bytes, file, profile);
    return { ok: true, profile };
  } catch (error) {
    if (error instanceof ModelRefused) return { ok: false, faults: error.faults };
    throw error;
  }
}
