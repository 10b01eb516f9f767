import { Tensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { neg } from "../src/append-nodes.ts";
import { addInput, emptyGraph, type Op } from "../src/graph.ts";
import { joinFeeds } from "../src/join-feeds.ts";
import { joinFetches } from "../src/join-fetches.ts";
import { openSession } from "../src/open-session.ts";
import { placeTensors } from "../src/place-tensors.ts";

const LONG = [3, 5000];
const MODELS = {
  "one short tensor": [[5]],
  "one long tensor": [LONG],
  "short tensors, with gaps between and without": [[16], [2, 3], [1], [4, 4], [1, 1, 2, 3]],
  "short tensors before, between and after long ones": [
    [3],
    [2, 2],
    LONG,
    [7],
    LONG,
    LONG,
    [5],
    [4],
  ],
};

/** What goes in as x must come out as −x, each tensor in its place. */
test.each(Object.entries(MODELS))("%s", async (_, shapes) => {
  const { tensors, length } = placeTensors(
    shapes.map((shape, i) => ({ name: `layers.${i}.weight`, shape })),
  );
  const weights = Float32Array.from({ length }, (_, i) => i + 1);
  const graph = emptyGraph<Op>();
  const fetches = tensors.map((tensor) => ({
    value: neg(graph, addInput(graph, tensor.name, "float32", tensor.shape)),
    into: new Float32Array(tensor.length),
  }));
  const scalar = {
    value: neg(graph, addInput(graph, "scalar", "float32", [])),
    into: new Float32Array(1),
  };
  const { outputs, tensors: outgoing, spread } = joinFetches(graph, [scalar, ...fetches]);
  const { graph: joined, feeds } = joinFeeds(graph, tensors, weights);

  const session = await openSession(joined, outputs, { threads: 1 });
  for (const factor of [1, 0.5]) {
    for (const i of weights.keys()) weights[i]! *= factor;
    const scalarFeed = new Tensor("float32", Float32Array.of(7), []);
    session.run({ ...feeds, scalar: scalarFeed }, outgoing);
    spread();
    expect(scalar.into).toEqual(Float32Array.of(-7));
    for (const [i, { offset, length }] of tensors.entries())
      expect(fetches[i]!.into).toEqual(weights.slice(offset, offset + length).map((x) => -x));
  }
  session.release();
});
