/** What is wrong with one node, as its row says it; the walk over the file adds the node and its place. */
export class Unfit extends Error {
  /** From the node on: /input/1, /attribute/pads. */
  readonly at: string;
  readonly allowed: readonly (string | number)[] | null;
  constructor(message: string, at = "", allowed: readonly (string | number)[] | null = null) {
    super(message);
    this.name = "Unfit";
    this.at = at;
    this.allowed = allowed;
  }
}

/** @throws Unfit, always; `at` is the place from the node on, /input/1 */
export function refuse(
  message: string,
  at = "",
  allowed: readonly (string | number)[] | null = null,
): never {
  throw new Unfit(message, at, allowed);
}
