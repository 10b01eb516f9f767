import { readFileSync } from "node:fs";
import type { Verification } from "@descent/contracts";

/** By `convention/rule`. */
export type Verifications = Readonly<Record<string, Verification>>;

/** Where the comparison of every built-in rule with its references is kept; `npm run verify` writes it. */
export const VERIFICATION_FILE = new URL("../rules/verification.json", import.meta.url);

/** How far every built-in rule agrees with its references: measured by `npm run verify`, never typed. */
export function readVerification(): Verifications {
  return JSON.parse(readFileSync(VERIFICATION_FILE, "utf8")) as Verifications;
}
