import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { OnnxAttribute, OnnxTensor } from "../src/onnx-file/onnx-file.ts";
import { readOnnx } from "../src/onnx-file/read-onnx.ts";
import structure from "./onnx-files/golden/structure.json" with { type: "json" };

const FOLDER = new URL("onnx-files/golden/", import.meta.url);
const STRUCTURE: Record<string, { opset: number }> = structure;
/** Operator set 9; the others read, and what is refused of them is so for its operators. */
const TOO_OLD = "sklearn-logistic-two-classes-zipmap.onnx";

describe("files of PyTorch, scikit-learn and Keras, as the onnx package reads them", () => {
  const names = Object.keys(STRUCTURE).filter((name) => name !== TOO_OLD);

  test.each(names)("%s", (name) => {
    const file = readOnnx(readFileSync(new URL(name, FOLDER)));
    const read = {
      ...file,
      nodes: file.nodes.map(({ pointer, ...node }, i) => {
        expect(pointer).toBe(`/graph/node/${i}`);
        return { ...node, attributes: shownAll(node.attributes) };
      }),
      initialisers: shownAll(file.initialisers),
      inputs: file.inputs.map(({ pointer, ...value }) => value),
      outputs: file.outputs.map(({ pointer, ...value }) => value),
    };
    expect(read).toEqual(STRUCTURE[name]);
    expect([...file.initialisers.keys()]).toEqual(Object.keys(read.initialisers));
  });

  test("there are many, and all were described", () => {
    const files = readdirSync(FOLDER).filter((name) => name.endsWith(".onnx"));
    expect(names.length).toBeGreaterThan(35);
    expect(files.filter((name) => !(name in STRUCTURE))).toEqual([
      "refused-external-data.onnx",
      "refused-float16.onnx",
    ]);
  });
});

function shownAll(values: ReadonlyMap<string, OnnxAttribute>): Record<string, unknown> {
  return Object.fromEntries(Array.from(values, ([name, value]) => [name, shown(value)]));
}

/** A tensor as describe_files.py shows it: the sum of its numbers, each times its place from 1. */
function shown(value: OnnxAttribute): unknown {
  if (typeof value !== "object" || Array.isArray(value)) return value;
  const { type, shape, data }: OnnxTensor = value;
  const sum = Array.from(data, Number).reduce((total, number, i) => total + number * (i + 1), 0);
  return { type, shape, sum: expect.closeTo(sum, 8) };
}
