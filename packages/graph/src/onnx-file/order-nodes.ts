import type { OnnxNode } from "./onnx-file.ts";
import { quoted, refuse } from "./refuse.ts";

/** A message about a cycle names no more of its values. */
const MOST_NAMES = 10;

/**
 * The nodes in an order in which they can run: the file's own, but for those that need a later one.
 *
 * @throws ModelRefused where nodes wait for each other; the message goes once around
 */
export function orderNodes(nodes: readonly OnnxNode[]): OnnxNode[] {
  const giver = new Map(nodes.flatMap((node) => node.outputs.map((output) => [output, node])));
  giver.delete("");
  const ordered: OnnxNode[] = [];
  const done = new Set<OnnxNode>();
  // Depth first, with the way there on a list: a chain of thousands of nodes would overflow the stack.
  for (const start of nodes) {
    const way = done.has(start) ? [] : [{ node: start, next: 0 }];
    const waiting = new Set(way.map(({ node }) => node));
    for (let top = way.at(-1); top !== undefined; top = way.at(-1)) {
      const { node } = top;
      const input = node.inputs[top.next++];
      if (input === undefined) {
        way.pop();
        done.add(node);
        ordered.push(node);
        continue;
      }
      const before = giver.get(input);
      if (before === undefined || done.has(before)) continue;
      if (waiting.has(before))
        refuseCycle(way.map((on) => on.node).slice(way.findIndex((on) => on.node === before)));
      way.push({ node: before, next: 0 });
      waiting.add(before);
    }
  }
  return ordered;
}

/** @param cycle each node waits for the one after it, the last for the first */
function refuseCycle(cycle: readonly OnnxNode[]): never {
  const names = cycle
    .map(({ outputs }) => quoted(outputs.find((output) => output !== "")!))
    .reverse();
  const around = names.length > MOST_NAMES ? [...names.slice(0, MOST_NAMES), "..."] : names;
  refuse(cycle[0]!.pointer, `values wait for each other: ${[...around, names[0]].join(" -> ")}`);
}
