import { LIMITS } from "./limits.ts";
import { BudgetSpent } from "./refuse.ts";

/** The bytes of a message and where in the file's structure they stand. */
export interface Piece {
  readonly bytes: Uint8Array;
  readonly pointer: string;
  /** Shared by all pieces of a file: how many entries may still be read. */
  readonly budget: { entries: number };
}

/** A message within another. */
export function inside(piece: Piece, steps: string, bytes: Uint8Array): Piece {
  return { ...piece, pointer: piece.pointer + steps, bytes };
}

/** @throws BudgetSpent when the file has more entries than any may have */
export function spend(budget: Piece["budget"], entries: number, pointer: string): void {
  budget.entries -= entries;
  if (budget.entries >= 0) return;
  const message = `the file has more than ${LIMITS.entries} entries; large tensors belong in raw_data`;
  throw new BudgetSpent([{ pointer, message }]);
}
