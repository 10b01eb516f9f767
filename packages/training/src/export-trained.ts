import type { ResolvedJob } from "@descent/contracts";
import type { PreparedData } from "@descent/datasets";
import { exportModel, type Model } from "@descent/graph";
import { describeEngine } from "./describe-engine.ts";

/**
 * What a job has learnt as an ONNX file, which takes raw rows; its metadata say what the columns and the
 * answers mean.
 *
 * @param buffers running statistics and frozen tensors
 * @returns null where it would be larger than an ONNX file can be
 */
export function exportTrained(
  { id, job }: { id: string; job: ResolvedJob },
  data: PreparedData,
  model: Model,
  weights: Float32Array,
  buffers: Float32Array,
): Uint8Array | null {
  const { encoding, classes, targetScale } = data;
  const { descent: version } = describeEngine();
  const features =
    encoding.kind === "image"
      ? [{ name: "image", kind: encoding.kind, shape: encoding.shape }]
      : encoding.columns.map((column) =>
          column.kind === "number"
            ? { name: column.name, kind: column.kind }
            : { name: column.name, kind: column.kind, values: column.values },
        );
  const metadata = {
    job: id,
    descent: version,
    target: job.dataset.target,
    features: JSON.stringify(features),
    ...(classes === null ? {} : { classes: JSON.stringify(classes) }),
  };
  return exportModel({
    ...{ model, encoding, weights, buffers, targetScale, version, metadata },
    loss: job.loss,
    classes: classes?.length ?? null,
  });
}
