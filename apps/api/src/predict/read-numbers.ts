import { elements, type Fault, type UploadedModel } from "@descent/contracts";

/** More faults help nobody. */
const MAX_FAULTS = 100;
/** An answer of so many numbers is 20 MB of JSON. */
const MAX_OUTPUTS = 1_000_000;

/**
 * Rows for an uploaded model: each nested arrays of the input's shape, or a flat array of as many numbers.
 *
 * @returns all numbers in order, or the first fault of every row
 */
export function readNumbers(
  rows: readonly unknown[][],
  { input: { shape, vocabulary }, output }: Pick<UploadedModel, "input" | "output">,
): { faults: Fault[] } | { faults: null; inputs: Float32Array } {
  const outputs = elements(output.shape);
  if (rows.length * outputs > MAX_OUTPUTS) {
    const message = `the answers to ${rows.length} would be ${outputs} numbers each; at most ${MAX_OUTPUTS} at once`;
    return { faults: [{ pointer: "/rows", message }] };
  }
  const faults: Fault[] = [];
  const numbers: number[] = [];
  const flat = [elements(shape)];
  // Whole numbers are places in a table: a file that does something else with them is not taken.
  const most = vocabulary === null ? null : vocabulary - 1;
  const wanted =
    most === null
      ? "must be a number that float32 holds"
      : `must be a whole number from 0 to ${most}`;
  const fits = (value: unknown): value is number =>
    typeof value === "number" &&
    (most === null
      ? Number.isFinite(Math.fround(value))
      : Number.isInteger(value) && value >= 0 && value <= most);

  const read = (value: unknown, axes: readonly number[], pointer: string): Fault | null => {
    const [length, ...inner] = axes;
    if (length === undefined) {
      if (!fits(value)) return { pointer, message: wanted };
      numbers.push(value);
      return null;
    }
    if (!Array.isArray(value) || value.length !== length)
      return { pointer, message: `must be an array of ${length}` };
    for (const [index, part] of value.entries()) {
      const fault = read(part, inner, `${pointer}/${index}`);
      if (fault) return fault;
    }
    return null;
  };
  for (const [index, row] of rows.entries()) {
    const isFlat = !Array.isArray(row[0]);
    const fault = read(row, isFlat ? flat : shape, `/rows/${index}`);
    if (fault) faults.push(fault);
    if (faults.length >= MAX_FAULTS) break;
  }
  return faults.length > 0 ? { faults } : { faults: null, inputs: Float32Array.from(numbers) };
}
