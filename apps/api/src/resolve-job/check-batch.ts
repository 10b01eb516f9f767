import type { Fault } from "@descent/contracts";

/** Training keeps what every layer gives until its derivative is known: 8 GiB of float32, VGG-16 at 128 images. */
const MAX_NUMBERS = 2 ** 31;

/**
 * Refuses a batch for which a model would keep more than a machine holds: the model need not have many
 * parameters for that.
 *
 * @param numbers how many numbers all layers together give for one row
 * @param rows of a batch
 */
export function checkBatch(numbers: number, rows: number, faults: Fault[]): void {
  if (numbers * rows <= MAX_NUMBERS) return;
  const most = Math.floor(MAX_NUMBERS / numbers);
  const message = `the layers give ${numbers} numbers for a row, ${numbers * rows} for a batch of ${rows}; at most ${MAX_NUMBERS}`;
  faults.push(
    most === 0
      ? { pointer: "/model", message }
      : { pointer: "/batch_size", message: `${message}, so at most ${most} rows` },
  );
}
