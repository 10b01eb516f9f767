import type { OnnxNode, OnnxValue } from "./onnx-file.ts";
import { forEachSound, quoted, refuse } from "./refuse.ts";

/**
 * Every value has one giver (ONNX graphs are in single static assignment form), and every value that is
 * read has one at all.
 *
 * @param given pointers to what gives the values that no node gives, by name
 * @throws ModelRefused
 */
export function checkNames(
  nodes: readonly OnnxNode[],
  outputs: readonly OnnxValue[],
  given: ReadonlyMap<string, string>,
): void {
  const givers = new Map(given);
  forEachSound(nodes, ({ outputs: names, pointer }) => {
    for (const [i, name] of names.entries()) {
      if (name === "") continue;
      const other = givers.get(name);
      if (other !== undefined)
        refuse(`${pointer}/output/${i}`, `${quoted(name)} is given by ${other} already`);
      givers.set(name, pointer);
    }
  });
  forEachSound(nodes, ({ inputs, pointer }) => {
    for (const [i, name] of inputs.entries())
      if (name !== "" && !givers.has(name))
        refuse(`${pointer}/input/${i}`, `nothing gives the value ${quoted(name)}`);
  });
  forEachSound(outputs, ({ name, pointer }) => {
    if (!givers.has(name)) refuse(pointer, `nothing gives the value ${quoted(name)}`);
  });
}
