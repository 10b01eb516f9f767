/** A rule's text that cannot be used: says where (1-based line and column) and what was expected. */
export class RuleError extends Error {
  readonly line: number;
  readonly column: number;

  constructor(message: string, at: { line: number; column: number }) {
    super(`line ${at.line}, column ${at.column}: ${message}`);
    this.name = "RuleError";
    this.line = at.line;
    this.column = at.column;
  }
}
