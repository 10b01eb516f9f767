import type { OnnxNode, OnnxTensor } from "./onnx-file.ts";
import type { Opened } from "./prepare-nodes.ts";

/**
 * Gives every place its own tensor where a file has one of equal numbers for several. PyTorch's exporter writes
 * equal tensors once for all: the scales and biases of a model that has not been trained, all ones and zeros,
 * would otherwise move together. Random numbers are never equal: what shares them shares them on purpose, and
 * with them its bias; so places of the same weights keep one tensor.
 *
 * The first place keeps the name, the others are `<name>_2`, `<name>_3`.
 */
export function partEqualTensors({ nodes, tensors, literals }: Opened): Opened {
  const isEqual = new Map(
    [...tensors].map(([name, tensor]) => [name, !literals.has(name) && holdsOneNumber(tensor)]),
  );
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const weightsOf = ({ inputs }: OnnxNode) =>
    inputs.filter((name) => tensors.get(name)?.type === "float32" && isEqual.get(name) === false);
  const layerOf = (node: OnnxNode, index: number): string => {
    const own = weightsOf(node);
    const behind = new Set(node.inputs.flatMap((input) => producers.get(input) ?? []));
    const weights = own.length > 0 ? own : [...behind].flatMap(weightsOf);
    return JSON.stringify(weights.length > 0 ? weights : index);
  };
  const taken = new Set([...tensors.keys(), ...nodes.flatMap(({ outputs }) => outputs)]);
  const parted = new Map(tensors);
  const layers = new Map<string, number>();
  const uses = new Map<string, Map<string, string>>();

  const renamed = nodes.map((node, index) => {
    if (!node.inputs.some((name) => isEqual.get(name))) return node;
    const key = layerOf(node, index);
    const layer = layers.get(key) ?? layers.size;
    layers.set(key, layer);
    const inputs = node.inputs.map((name, place) => {
      if (isEqual.get(name) !== true) return name;
      const known = uses.get(name) ?? new Map<string, string>();
      uses.set(name, known);
      const use = `${layer} ${place}`;
      const other = known.get(use) ?? (known.size === 0 ? name : free(name, known.size + 1, taken));
      known.set(use, other);
      taken.add(other);
      parted.set(other, tensors.get(name)!);
      return other;
    });
    return { ...node, inputs };
  });
  return { nodes: renamed, tensors: parted, literals };
}

function free(name: string, count: number, taken: ReadonlySet<string>): string {
  const numbered = `${name}_${count}`;
  return taken.has(numbered) ? free(`${name}_`, count, taken) : numbered;
}

/** Single numbers are settings of the code, not parameters. */
function holdsOneNumber({ shape, data }: OnnxTensor): boolean {
  if (!(data instanceof Float32Array) || shape.length === 0) return false;
  return data.every((number) => number === data[0]);
}
