import { elements, type Fault, type NestedNumbers } from "@descent/contracts";

/** One parameter tensor: its numbers in row-major order, its shape (`[]` for a single number). */
export interface Tensor {
  shape: number[];
  values: Float64Array;
}

const MAX_DEPTH = 8;
/** A trajectory's answer has at most this many numbers: about 40 MB of JSON. */
export const MAX_VALUES = 2_000_000;
/** A tensor of the wrong shape is wrong in many places at once: these are enough to see it. */
const MAX_FAULTS = 20;

/**
 * Reads nested arrays as a tensor; its shape is that of the first item of every array.
 *
 * @param given numbers nested in arrays, as the client sent them: nothing is known of them yet
 * @param pointer where they stand in the body
 * @param faults gets what is wrong: too deep, empty, too many, ragged, not a finite number
 * @returns null where there were faults
 */
export function readTensor(given: NestedNumbers, pointer: string, faults: Fault[]): Tensor | null {
  const shape: number[] = [];
  let node: NestedNumbers | undefined = given;
  for (; Array.isArray(node) && shape.length <= MAX_DEPTH; node = node[0]) shape.push(node.length);
  const refuse = (message: string) => {
    faults.push({ pointer, message });
    return null;
  };
  if (shape.length > MAX_DEPTH)
    return refuse(`at most ${MAX_DEPTH} arrays are nested in each other`);
  if (shape.includes(0)) return refuse("must hold at least one number, and no empty array");
  // Looked at before anything is allocated: two long arrays make a shape far larger than the body.
  const count = elements(shape);
  if (count > MAX_VALUES)
    return refuse(`the shape [${shape.join(", ")}] has ${count} numbers; at most ${MAX_VALUES}`);
  const values = new Float64Array(count);
  return readShaped(given, shape, pointer, faults, values) ? { shape, values } : null;
}

/**
 * Reads nested arrays of a known shape.
 *
 * @param into where the numbers go, in row-major order; as many as the shape has
 * @param faults gets every place that is not a finite number, and of a ragged array the first item that
 *   is missing or one too many
 * @returns whether all were read
 */
export function readShaped(
  given: NestedNumbers,
  shape: readonly number[],
  pointer: string,
  faults: Fault[],
  into: Float64Array,
): boolean {
  const before = faults.length;
  const enough = () => faults.length - before >= MAX_FAULTS;
  let filled = 0;
  function walk(node: unknown, level: number, at: () => string): void {
    if (enough()) return;
    const length = shape[level];
    if (length === undefined) {
      if (typeof node === "number" && Number.isFinite(node)) into[filled++] = node;
      else faults.push({ pointer: at(), message: notANumber(node) });
    } else if (!Array.isArray(node))
      faults.push({ pointer: at(), message: `must be an array of ${length}` });
    else if (node.length !== length) {
      const first = Math.min(node.length, length);
      const what = node.length < length ? "is missing" : "is one too many";
      const message = `${what}: this array has ${node.length} items, not ${length}`;
      faults.push({ pointer: `${at()}/${first}`, message });
    } else
      for (let index = 0; index < length; index++)
        walk(node[index], level + 1, () => `${at()}/${index}`); // a text only where it is needed
  }
  walk(given, 0, () => pointer);
  return faults.length === before;
}

function notANumber(node: unknown): string {
  if (Array.isArray(node)) return "must be a number, not an array";
  return typeof node === "number" ? "must be a finite number" : "must be a number";
}
