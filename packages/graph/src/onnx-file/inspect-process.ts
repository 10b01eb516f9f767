import type { ModelInspection } from "./create-model-inspector.ts";
import { inspectOnnx } from "./inspect-onnx.ts";

// The process of create-model-inspector.ts: told a path, it says what lies there.
process.on("message", async (path: string) => {
  const inspection: ModelInspection = await inspectOnnx(path);
  process.send?.(inspection);
});
process.on("disconnect", () => process.exit(0));
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
