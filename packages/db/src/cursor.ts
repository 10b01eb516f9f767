/** A cursor that no list of ours handed out. */
export class InvalidCursor extends Error {
  constructor() {
    super("the cursor is not one that this list handed out");
    this.name = "InvalidCursor";
  }
}

/** What `toISOString` writes, and PostgreSQL reads back. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** The place after which the next page starts: opaque outside, a JSON array inside. */
export function encodeCursor(place: (string | number)[]): string {
  return Buffer.from(JSON.stringify(place)).toString("base64url");
}

/** @throws InvalidCursor */
export function decodeCursor(
  cursor: string,
  kinds: ("string" | "number" | "instant")[],
): (string | number)[] {
  let place: unknown;
  try {
    place = JSON.parse(Buffer.from(cursor, "base64url").toString("utf8"));
  } catch {
    throw new InvalidCursor();
  }
  const fits = (value: unknown, kind: (typeof kinds)[number]) => {
    if (kind === "number") return Number.isInteger(value) && Math.abs(value as number) < 2 ** 31;
    if (typeof value !== "string" || value.includes("\u0000")) return false;
    return kind === "string" || INSTANT.test(value);
  };
  if (!Array.isArray(place) || place.length !== kinds.length) throw new InvalidCursor();
  if (!kinds.every((kind, index) => fits(place[index], kind))) throw new InvalidCursor();
  return place;
}
