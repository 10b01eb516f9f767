/**
 * A field that says nothing. `NaN` is missing rather than a number: no job can train on it, and tools
 * write a missing number that way.
 */
export const MISSING_TEXTS: ReadonlySet<string> = new Set([
  "",
  "NA",
  "N/A",
  "NaN",
  "nan",
  "null",
  "NULL",
  "?",
]);

/** Removes the spaces and tabs around a field. `trim()` would also cut the byte A0, half a UTF-8 character. */
export function trimField(field: string): string {
  if (!isBlank(field.charCodeAt(0)) && !isBlank(field.charCodeAt(field.length - 1))) return field;
  let start = 0;
  let end = field.length;
  while (start < end && isBlank(field.charCodeAt(start))) start += 1;
  while (end > start && isBlank(field.charCodeAt(end - 1))) end -= 1;
  return field.slice(start, end);
}

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/**
 * Reads a decimal number, as `1`, `-2.5`, `.5`, `1e-3`.
 *
 * @param field trimmed and not empty
 * @returns NaN when it is none (`inf` and `0x10` are none), an infinity when it is outside the range of a double
 */
export function readNumber(field: string): number {
  const value = Number(field);
  if (Number.isFinite(value)) {
    const second = field.charCodeAt(1) | 0x20;
    const hexOctalBinary = second === 0x78 || second === 0x6f || second === 0x62;
    return hexOctalBinary ? Number.NaN : value;
  }
  return field.includes("I") ? Number.NaN : value; // Number("Infinity") is no overflow
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Turns latin1 text back into the UTF-8 it was; or says why it is no text. */
export function decodeText(field: string): { text: string } | { fault: string } {
  if (field.includes("\0")) return { fault: "the value contains a NUL character" };
  for (let i = 0; i < field.length; i++) {
    if (field.charCodeAt(i) < 0x80) continue;
    try {
      return { text: utf8.decode(Buffer.from(field, "latin1")) };
    } catch {
      return { fault: "the value is not valid UTF-8; save the file as UTF-8" };
    }
  }
  return { text: field };
}

/** A value as messages show it, cut to a readable length. */
export function quoteValue(text: string): string {
  const characters = Array.from(text.slice(0, 100));
  return characters.length > 40 ? `'${characters.slice(0, 40).join("")}…'` : `'${text}'`;
}
