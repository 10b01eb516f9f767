/** A fault about a pattern names at most this many tensors. */
export const MAX_NAMED = 50;

/** Whether the whole name matches: `*` stands for any characters, also none; all others for themselves. */
export function matchesPattern(pattern: string, name: string): boolean {
  const [first = "", ...pieces] = pattern.split("*");
  const last = pieces.pop();
  if (last === undefined) return name === pattern;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  // Taking every piece where it first occurs leaves the most for the next: no going back, so linear time.
  for (const piece of pieces) {
    const at = name.indexOf(piece, from);
    if (at < 0) return false;
    from = at + piece.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
