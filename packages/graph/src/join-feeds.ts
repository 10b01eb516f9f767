import { Tensor } from "onnxruntime-node";
import { addConstant, type Graph, type Value } from "./graph.ts";
import type { PlacedTensor } from "./place-tensors.ts";

/**
 * Feeding a tensor costs 1 µs however short it is; splitting 4096 numbers off costs about as much. The four
 * tensors of the smallest model's step in one: 24 -> 22 µs.
 */
const LONGEST_JOINED = 4096;

type Placed = Pick<PlacedTensor, "name" | "shape" | "offset" | "length">;

/**
 * Makes one input of short parameters that lie beside each other, so that a run takes fewer; the graph splits
 * it. Long ones are read where they lie.
 *
 * @param graph takes every tensor as an input of that name; left as it is
 * @param weights in which the tensors are placed
 * @returns the graph, and the tensors to hand to every run
 * @throws Error when the graph does not take a tensor
 */
export function joinFeeds(
  graph: Graph,
  tensors: readonly Placed[],
  weights: Float32Array,
): { graph: Graph; feeds: Record<string, Tensor> } {
  const feeds: Record<string, Tensor> = {};
  const joined: Graph = { inputs: [...graph.inputs], constants: [...graph.constants], nodes: [] };
  for (const run of shortRuns(tensors)) {
    const [first, last] = [run[0]!, run.at(-1)!];
    const length = last.offset + last.length - first.offset;
    const numbers = weights.subarray(first.offset, first.offset + length);
    const shape = run.length === 1 ? first.shape : [length];
    const name = run.length === 1 ? first.name : nameOf("Joined", first);
    feeds[name] = new Tensor("float32", numbers, shape);
    if (run.length > 1) splitInput(joined, { name, type: "float32", shape }, run);
  }
  joined.nodes.push(...graph.nodes);
  return { graph: joined, feeds };
}

/** Of the form that no tensor of an uploaded file has (prepare-nodes.ts); by the offset, of which there is one. */
const nameOf = (part: "Joined" | "Gap" | "Flat", { offset }: Placed) => `${part}_${offset}_0`;

/** Short tensors that follow each other, together; a long one by itself. */
function shortRuns(tensors: readonly Placed[]): Placed[][] {
  const runs: Placed[][] = [];
  let before = Number.POSITIVE_INFINITY;
  for (const tensor of tensors) {
    if (Math.max(before, tensor.length) <= LONGEST_JOINED) runs.at(-1)!.push(tensor);
    else runs.push([tensor]);
    before = tensor.length;
  }
  return runs;
}

/** Puts one input, and the nodes that split it, in the place of the tensors' own inputs. */
function splitInput(graph: Graph, whole: Value, tensors: readonly Placed[]): void {
  const integers = (numbers: readonly number[]) =>
    addConstant(graph, BigInt64Array.from(numbers, BigInt), [numbers.length]);
  const lengths: number[] = [];
  const pieces: Value[] = [];
  const reshapes: Graph["nodes"] = [];
  const take = (piece: Value, length: number) => {
    pieces.push(piece);
    lengths.push(length);
  };
  let end = tensors[0]!.offset;
  for (const tensor of tensors) {
    const { name, offset, length } = tensor;
    const gap = offset - end;
    if (gap > 0) take({ name: nameOf("Gap", tensor), type: "float32", shape: [gap] }, gap);
    end = offset + length;
    const at = graph.inputs.findIndex((input) => input.name === name);
    if (at < 0) throw new Error(`the graph does not take ${name}`);
    const [value] = graph.inputs.splice(at, 1) as [Value];
    if (value.shape.length === 1) take(value, length);
    else {
      const flat: Value = { name: nameOf("Flat", tensor), type: "float32", shape: [length] };
      take(flat, length);
      const inputs = [flat, integers(value.shape.map(Number))];
      reshapes.push({ op: "Reshape", inputs, outputs: [value], attributes: {} });
    }
  }
  graph.inputs.push(whole);
  const inputs = [whole, integers(lengths)];
  graph.nodes.push({ op: "Split", inputs, outputs: pieces, attributes: { axis: 0 } }, ...reshapes);
}
