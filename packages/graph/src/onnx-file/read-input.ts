import type { ModelProfile } from "@descent/contracts";
import { MODEL_INPUT_TYPES } from "@descent/contracts";
import { ModelRefused, type OnnxFile } from "./onnx-file.ts";
import type { Prepared } from "./prepare-nodes.ts";

export type FileInput = Omit<ModelProfile["input"], "vocabulary">;

/**
 * The one input that leads to the output. Its first axis is the rows, of any number; or 1, where an exporter
 * wrote down the row that it was shown.
 */
export function readInput({ inputs }: OnnxFile, { nodes }: Prepared): FileInput {
  const taken = new Set(nodes.flatMap((node) => node.inputs));
  const [input, ...others] = inputs.filter(({ name }) => taken.has(name));
  if (input === undefined || others.length > 0) {
    const names = inputs.map(({ name }) => name).join(", ");
    const message = `a model takes one input, not ${others.length + (input ? 1 : 0)} (${names})`;
    throw new ModelRefused([{ pointer: others[0]?.pointer ?? "/graph/input", message }]);
  }
  const { name, pointer } = input;
  const refused = (message: string, allowed?: readonly string[]) =>
    new ModelRefused([
      {
        pointer,
        message: `the input ${name}: ${message}`,
        ...(allowed ? { allowed: [...allowed] } : {}),
      },
    ]);
  const type = MODEL_INPUT_TYPES.find((accepted) => accepted === input.type);
  if (type === undefined) throw refused(`it is ${input.type}`, MODEL_INPUT_TYPES);
  if (input.shape === null || input.shape.length === 0)
    throw refused("its shape must be said, with the rows as the first axis");
  const [rows, ...lengths] = input.shape;
  if (typeof rows === "number" && rows !== 1)
    throw refused(`it is of ${rows} rows: export the model with a dynamic batch axis`);
  const shape = lengths.map((length, axis) => {
    if (typeof length === "number" && length > 0) return length;
    throw refused(`axis ${axis + 1} has no fixed length: export the model with one`);
  });
  return { name, type, shape, batch: rows === 1 ? 1 : null };
}
