/**
 * What a layer may end with, element by element: relu, leaky_relu (slope 0.01), elu (alpha 1), gelu (exact,
 * by the error function), silu, sigmoid, tanh; and softmax, over the axis of the features or channels.
 */
export const ACTIVATIONS = [
  "none",
  "relu",
  "leaky_relu",
  "elu",
  "gelu",
  "silu",
  "sigmoid",
  "tanh",
  "softmax",
] as const;
export type Activation = (typeof ACTIVATIONS)[number];
