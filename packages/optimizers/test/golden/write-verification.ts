import { writeFileSync } from "node:fs";
import { VERIFICATION_FILE } from "../../src/verification.ts";
import { measureVerification } from "./measure-verification.ts";

const measured = measureVerification();
writeFileSync(VERIFICATION_FILE, `${JSON.stringify(measured, null, 2)}\n`);
const trajectories = Object.values(measured).reduce((sum, each) => sum + each.trajectories, 0);
process.stdout.write(`${Object.keys(measured).length} rules, ${trajectories} trajectories\n`);
