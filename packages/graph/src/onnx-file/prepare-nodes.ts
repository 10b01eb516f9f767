import { expandLinear, LINEAR } from "./expand-linear.ts";
import { FOLDS } from "./fold.ts";
import { ModelRefused, type OnnxFile, type OnnxNode, type OnnxTensor } from "./onnx-file.ts";
import { partEqualTensors } from "./part-equal-tensors.ts";
import { ROWS } from "./rows.ts";

/** What leads to one output of a file. */
export interface Prepared {
  nodes: OnnxNode[];
  /** Of the file and of what its nodes say, without those that nothing takes. */
  tensors: Map<string, OnnxTensor>;
  /** Tensors that the file writes into its nodes, as literals of the model's code. */
  literals: Set<string>;
  outputName: string;
}

/** What a file is before an output of it is chosen. */
export type Opened = Omit<Prepared, "outputName">;

/** An operator's name, with its domain where that is not ONNX's own. */
export function keyOf({ domain, op }: Pick<OnnxNode, "domain" | "op">): string {
  return domain === "" || domain === "ai.onnx" ? op : `${domain}.${op}`;
}

/** Operators that are other operators, or tensors, before rows are asked. */
const EXPANDED = ["Constant", ...LINEAR];

/** All operators that a file may be made of. */
export const OPERATORS = [
  ...new Set([...Object.keys(ROWS), ...Object.keys(FOLDS), ...EXPANDED]),
].sort();

/**
 * Constants as tensors, and scikit-learn's linear models as products; names that are ours are changed. A tensor
 * under a second name is a second tensor: PyTorch's exporter writes equal ones so, such as the biases and running
 * means of a model that has not been trained.
 */
export function openNodes({ nodes, initialisers }: OnnxFile): Opened {
  const opened: Opened = { nodes: [], tensors: new Map(initialisers), literals: new Set() };
  for (const node of nodes) {
    const key = keyOf(node);
    const name = node.outputs[0] ?? "";
    const copied = key === "Identity" ? opened.tensors.get(node.inputs[0] ?? "") : undefined;
    if (key === "Constant") opened.literals.add(name);
    const tensor = key === "Constant" ? constantOf(node) : copied;
    if (tensor !== undefined) opened.tensors.set(name, tensor);
    else opened.nodes.push(...expandLinear(node, opened));
  }
  return withoutOurNames(partEqualTensors(opened));
}

/** What leads to the output, and nothing else. */
export function leadingTo(opened: Opened, outputName: string): Prepared {
  const wanted = new Set([outputName]);
  const nodes = opened.nodes.toReversed().filter(({ inputs, outputs }) => {
    const isWanted = outputs.some((name) => wanted.has(name));
    if (isWanted) for (const name of inputs) if (name !== "") wanted.add(name);
    return isWanted;
  });
  const tensors = new Map([...opened.tensors].filter(([name]) => wanted.has(name)));
  return { nodes: nodes.reverse(), tensors, literals: opened.literals, outputName };
}

/** @throws ModelRefused with every operator that has no row, each at its first place */
export function checkOperators(nodes: readonly OnnxNode[]): void {
  const known = new Set(OPERATORS);
  const places = new Map<string, { pointer: string; times: number }>();
  for (const node of nodes) {
    const key = keyOf(node);
    if (known.has(key)) continue;
    const place = places.get(key) ?? { pointer: `${node.pointer}/op_type`, times: 0 };
    places.set(key, { ...place, times: place.times + 1 });
  }
  if (places.size === 0) return;
  throw new ModelRefused(
    [...places].map(([key, { pointer, times }]) => ({
      pointer,
      message: `the operator ${key} cannot be trained here${times > 1 ? `; the model has it ${times} times` : ""}`,
      allowed: OPERATORS,
    })),
  );
}

function constantOf({ attributes, op, pointer }: OnnxNode): OnnxTensor {
  const [name, value] = [...attributes][0] ?? ["", undefined];
  if (typeof value === "object" && !Array.isArray(value)) return value;
  const numbers = [value].flat().filter((item) => typeof item === "number");
  const shape = Array.isArray(value) ? [numbers.length] : [];
  if (name === "value_float" || name === "value_floats")
    return { type: "float32", shape, data: Float32Array.from(numbers) };
  if ((name === "value_int" || name === "value_ints") && numbers.every(Number.isSafeInteger))
    return { type: "int64", shape, data: BigInt64Array.from(numbers, BigInt) };
  const message = `${op}: ${name === "" ? "it has no value" : `${name} is not taken`}`;
  const allowed = ["value", "value_float", "value_floats", "value_int", "value_ints"];
  throw new ModelRefused([{ pointer: `${pointer}/attribute`, message, allowed }]);
}

/** What values of our own graphs are called: a tensor of the same name would be taken for one of them. */
const OURS =
  /^(constant_\d|mask_\d|[A-Z][A-Za-z]*_\d+_\d|(input|targets|label|probabilities|prediction)$)/;

function withoutOurNames({ nodes, tensors, literals }: Opened): Opened {
  const renamed = new Map<string, string>();
  const taken = new Set([...tensors.keys(), ...nodes.flatMap(({ outputs }) => outputs)]);
  for (const name of tensors.keys()) {
    if (!OURS.test(name)) continue;
    let other = `model.${name}`;
    while (taken.has(other)) other = `model.${other}`;
    taken.add(other);
    renamed.set(name, other);
  }
  if (renamed.size === 0) return { nodes, tensors, literals };
  const rename = (name: string) => renamed.get(name) ?? name;
  return {
    nodes: nodes.map((node) => ({ ...node, inputs: node.inputs.map(rename) })),
    tensors: new Map([...tensors].map(([name, tensor]) => [rename(name), tensor])),
    literals: new Set([...literals].map(rename)),
  };
}
