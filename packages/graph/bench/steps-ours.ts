import { answerSteps } from "./answer-steps.ts";
import { openWorkload } from "./open-workload.ts";

/* Descent's training steps, for open-stepper.ts. */
await answerSteps(async (workload) => (await openWorkload(workload)).step);
