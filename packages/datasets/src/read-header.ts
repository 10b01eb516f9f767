import type { FileProblem } from "@descent/contracts";
import { FileFault, firstProblems } from "./file-fault.ts";
import { decodeText, quoteValue, trimField } from "./read-field.ts";

/** Each column costs memory before its first value, and a job can name no more features. */
export const MAX_COLUMNS = 100_000;

/** The contract's longest `target` or feature. */
const MAX_NAME_LENGTH = 500;

/**
 * Reads the column names from the first record.
 *
 * @param fields latin1 fields
 * @param categories columns to be read as categories: each must exist
 */
export function readHeader(
  fields: readonly string[],
  categories: readonly string[],
): { names: string[] } | { problems: FileProblem[] } {
  if (fields.length > MAX_COLUMNS)
    throw new FileFault(`the header has ${fields.length} columns; at most ${MAX_COLUMNS}`);
  const problems: FileProblem[] = [];
  const positions = new Map<string, number>();
  for (const [index, field] of fields.entries()) {
    const decoded = decodeText(trimField(field));
    const name = "text" in decoded ? decoded.text : null;
    const earlier = name === null ? undefined : positions.get(name);
    const fault = "fault" in decoded ? decoded.fault : nameFault(decoded.text, earlier);
    if (fault !== null)
      problems.push({
        row: 0,
        column: name,
        message: `column ${index + 1} of the header: ${fault}`,
      });
    else if (name !== null) positions.set(name, index);
  }
  for (const category of new Set(categories)) {
    if (positions.has(category) || problems.length > 0) continue;
    const message = `categories names the column ${quoteValue(category)}, which the header does not have`;
    problems.push({ row: 0, column: category, message });
  }
  return problems.length > 0
    ? { problems: firstProblems(problems) }
    : { names: [...positions.keys()] };
}

function nameFault(name: string, earlier: number | undefined): string | null {
  if (name === "") return "the name is empty; the first line of the file must name every column";
  if (name.length > MAX_NAME_LENGTH) return `the name is longer than ${MAX_NAME_LENGTH} characters`;
  if (name.includes("\r")) return "the name contains a carriage return; end lines with LF or CRLF";
  if (earlier !== undefined)
    return `the name ${quoteValue(name)} is already that of column ${earlier + 1}; the first line must name every column differently`;
  return null;
}
