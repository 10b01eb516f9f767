import { type Predicted, type PredictTask, predict } from "./predict.ts";

/** The one task of the predictor's threads (create-predictor.ts). */
export default function predictInThread(task: PredictTask): Promise<Predicted | null> {
  return predict(task);
}
