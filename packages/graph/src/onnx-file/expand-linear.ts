import { ModelRefused, type OnnxAttribute, type OnnxNode, type OnnxTensor } from "./onnx-file.ts";
import type { Opened } from "./prepare-nodes.ts";

const DOMAIN = "ai.onnx.ml";
/** Operators of scikit-learn's converter that are products with numbers written into the node. */
export const LINEAR = [
  `${DOMAIN}.LinearClassifier`,
  `${DOMAIN}.LinearRegressor`,
  `${DOMAIN}.Scaler`,
];

/**
 * A linear model as Gemm and what makes its products probabilities, a scaling as Sub and Mul; its numbers
 * become tensors called after its output. All other nodes are left as they are.
 *
 * A classifier's second output are its scores. Its label is not given: nothing here takes it.
 */
export function expandLinear(node: OnnxNode, opened: Opened): OnnxNode[] {
  if (node.domain !== DOMAIN || !LINEAR.includes(`${DOMAIN}.${node.op}`)) return [node];
  const x = node.inputs[0] ?? "";
  const y = node.outputs[node.op === "LinearClassifier" ? 1 : 0] ?? "";
  const at = (op: string, inputs: string[], output: string): OnnxNode => ({
    ...{ ...node, domain: "", op, inputs, outputs: [output] },
    attributes: new Map<string, OnnxAttribute>(op === "Gemm" ? [["transB", 1]] : []),
  });
  const tensor = (part: string, data: Float32Array, shape: number[]): string => {
    let name = `${y}.${part}`;
    while (opened.tensors.has(name)) name = `${name}_`;
    const stored: OnnxTensor = { type: "float32", shape, data };
    opened.tensors.set(name, stored);
    return name;
  };
  const numbers = (name: string) => floats(node, name);

  if (node.op === "Scaler") {
    const [offset, scale] = [numbers("offset"), numbers("scale")];
    const names = [
      tensor("offset", offset, [1, offset.length]),
      tensor("scale", scale, [1, scale.length]),
    ];
    for (const name of names) opened.literals.add(name);
    return [at("Sub", [x, names[0]!], `${y}.centred`), at("Mul", [`${y}.centred`, names[1]!], y)];
  }

  const coefficients = numbers("coefficients");
  const outputs = outputsOf(node);
  if (coefficients.length === 0 || coefficients.length % outputs !== 0)
    throw refused(node, "coefficients", `${coefficients.length} numbers for ${outputs} outputs`);
  const intercepts = numbers("intercepts");
  if (intercepts.length !== 0 && intercepts.length !== outputs)
    throw refused(node, "intercepts", `${intercepts.length} numbers for ${outputs} outputs`);
  const last = LAST[text(node, "post_transform", "NONE") as keyof typeof LAST];
  if (last === undefined)
    throw refused(node, "post_transform", "it is none of these", Object.keys(LAST));
  const products = last === null ? y : `${y}.products`;
  const weights = tensor("coefficients", coefficients, [outputs, coefficients.length / outputs]);
  const bias = tensor(
    "intercepts",
    new Float32Array(outputs).map((_, i) => intercepts[i] ?? 0),
    [outputs],
  );
  const product = at("Gemm", [x, weights, bias], products);
  if (last === null) return [product];
  if (last === "Softmax" || !areOpposite(coefficients, intercepts))
    return [product, at(last, [products], y)];
  // Two classes by z and −z: their sigmoids add up to one, and stay probabilities when both are trained.
  const norm: OnnxNode = {
    ...at("Normalizer", [`${y}.sigmoids`], y),
    ...{ domain: DOMAIN, attributes: new Map([["norm", "L1"]]) },
  };
  return [product, at("Sigmoid", [products], `${y}.sigmoids`), norm];
}

/** What a classifier makes of its products. */
const LAST = { NONE: null, SOFTMAX: "Softmax", LOGISTIC: "Sigmoid" } as const;

function outputsOf(node: OnnxNode): number {
  if (node.op === "LinearRegressor") {
    const targets = node.attributes.get("targets");
    return typeof targets === "number" && targets >= 1 ? targets : 1;
  }
  const labels = ["classlabels_ints", "classlabels_strings"].map((name) =>
    node.attributes.get(name),
  );
  const classes = labels.find((list) => Array.isArray(list) && list.length > 0);
  if (!Array.isArray(classes)) throw refused(node, "classlabels_ints", "it names no classes");
  return classes.length;
}

function areOpposite(coefficients: Float32Array, intercepts: Float32Array): boolean {
  return [coefficients, intercepts].every((numbers) => {
    const half = numbers.length / 2;
    return numbers.every((number, i) => i >= half || number === -numbers[i + half]!);
  });
}

function floats(node: OnnxNode, name: string): Float32Array {
  const given = node.attributes.get(name) ?? [];
  if (!Array.isArray(given) || !given.every((item) => typeof item === "number"))
    throw refused(node, name, "it must be numbers");
  return Float32Array.from(given);
}

function text(node: OnnxNode, name: string, otherwise: string): string {
  const given = node.attributes.get(name) ?? otherwise;
  if (typeof given !== "string") throw refused(node, name, "it must be a text");
  return given;
}

function refused({ op, pointer }: OnnxNode, name: string, message: string, allowed?: string[]) {
  return new ModelRefused([
    {
      pointer: `${pointer}/attribute/${name}`,
      message: `${op}: ${name}: ${message}`,
      ...(allowed === undefined ? {} : { allowed }),
    },
  ]);
}
