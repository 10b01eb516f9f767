export { createPredictor, type Predictor, PredictorBusy, TooSlow } from "./create-predictor.ts";
export type { Predicted, PredictTask } from "./predict.ts";
