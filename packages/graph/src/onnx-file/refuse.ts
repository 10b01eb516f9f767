import type { Fault } from "@descent/contracts";
import { ModelRefused } from "./onnx-file.ts";

/** A list of a file's faults need not be longer to be of use. */
const MOST_FAULTS = 20;

/**
 * Ends the reading of the file.
 *
 * @param allowed what would be accepted, where there are few such things
 */
export function refuse(pointer: string, message: string, allowed?: Fault["allowed"]): never {
  throw new ModelRefused([{ pointer, message, ...(allowed === undefined ? {} : { allowed }) }]);
}

/** The file has been read as far as it may be: there is no use in looking at its other parts. */
export class BudgetSpent extends ModelRefused {}

/**
 * Does something with each item, and at the end refuses with the faults of all; the first few are enough.
 *
 * @throws ModelRefused
 */
export function forEachSound<T>(items: Iterable<T>, act: (item: T, index: number) => void): void {
  const faults: Fault[] = [];
  let index = 0;
  for (const item of items) {
    try {
      act(item, index++);
    } catch (error) {
      if (!(error instanceof ModelRefused) || error instanceof BudgetSpent) throw error;
      faults.push(...error.faults);
      if (faults.length >= MOST_FAULTS) break;
    }
  }
  if (faults.length > 0) throw new ModelRefused(faults);
}

/** A step of an RFC 6901 pointer; names in ONNX files are full of slashes. */
export function step(name: string): string {
  return `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}

/** A name as a message shows it. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 80 ? `${name.slice(0, 77)}...` : name);
}
