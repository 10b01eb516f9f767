import { type Predicted, predict, type StoppableTask } from "./predict.ts";

/** The one task of the predictor's threads (create-predictor.ts). */
export default function predictInThread(task: StoppableTask): Promise<Predicted | null> {
  return predict(task);
}
