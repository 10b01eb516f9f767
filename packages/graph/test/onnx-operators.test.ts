import { elements } from "@descent/contracts";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { modelOfOnnx, profileOnnx, readOnnx } from "../src/index.ts";
import { OPERATORS } from "../src/onnx-file/prepare-nodes.ts";
import { ELEMENTWISE } from "./onnx-operators/elementwise.ts";
import { LAYERS } from "./onnx-operators/layers.ts";
import { fileOf, type OperatorCase, randomNumbers } from "./onnx-operators/operator-case.ts";
import { SHAPES } from "./onnx-operators/shapes.ts";
import { openUpload } from "./open-upload.ts";

const CASES = [...ELEMENTWISE, ...LAYERS, ...SHAPES];
const keyOf = ({ op, domain = "" }: OperatorCase) => (domain === "" ? op : `${domain}.${op}`);
const ROWS = 3;

test("every operator that files may have has a case", () => {
  const tried = new Set(CASES.map(keyOf));
  expect(OPERATORS.filter((operator) => !tried.has(operator))).toEqual([]);
});

test.each(CASES)("$op is what onnxruntime makes of it: $says", async (sample) => {
  const bytes = fileOf(sample);
  const inputs = Float32Array.from(randomNumbers(ROWS * elements(sample.shape), 17));
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 4 });
  const { flat } = await session.run({
    x: new Tensor("float32", inputs, [ROWS, ...sample.shape]),
  });
  await session.release();

  const file = readOnnx(bytes);
  const { output } = profileOnnx(file);
  expect(output.shape).toEqual(flat!.dims.slice(1));
  const model = modelOfOnnx(file, {
    ...{ head: "keep", frozen: [], initialisation: null, loss: "mse" },
    ...{ outputs: output.shape[0]!, inputShape: sample.shape },
  });
  const { training } = await openUpload(model, "mse");
  const actual = await training.forward(inputs, ROWS);
  await training.release();
  const expected = flat!.data as Float32Array;
  expect(actual).toHaveLength(expected.length);
  for (const [i, number] of expected.entries())
    expect(Math.abs(actual[i]! - number)).toBeLessThan(1e-5 * Math.max(1, Math.abs(number)));
});
