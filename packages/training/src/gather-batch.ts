import type { Part } from "@descent/datasets";

/** Copies the chosen rows of a part, in their order, to the front of the batch's buffers. */
export function gatherBatch(
  part: Part,
  rows: Uint32Array,
  width: number,
  inputs: Float32Array,
  targets: Int32Array | Float32Array,
): void {
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!;
    inputs.set(part.inputs.subarray(row * width, (row + 1) * width), i * width);
    targets[i] = part.targets[row]!;
  }
}
