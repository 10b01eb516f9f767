import type { Layer } from "../layers.ts";
import { hasPaperStem, type ImageShape } from "./preset.ts";

/**
 * ResNet-18: He, Zhang, Ren & Sun 2015, "Deep Residual Learning for Image Recognition", table 1. For small
 * images the first kernel is 3x3 without a stride, and no pooling follows it, as in their section 4.2.
 */
export function fullResnet(image: ImageShape, outputs: number): Layer[] {
  const stem = normalised("conv1", hasPaperStem(image) ? { kernel: 7, stride: 2 } : { kernel: 3 });
  return [
    ...stem(64, "relu"),
    ...(hasPaperStem(image)
      ? [{ type: "max_pool2d", name: "pool1", size: 3, stride: 2, padding: 1 } as const]
      : []),
    ...stages([64, 128, 256, 512], 2, hasPaperStem(image) ? "pool1" : "conv1_norm", 64),
    { type: "global_avg_pool2d" },
    { type: "dense", name: "fc", units: outputs },
  ];
}

/**
 * Small: the net of section 4.2 (for CIFAR-10) with n = 1, ResNet-8: stages of 16, 32 and 64 filters, one block
 * each. It begins with a stride of 2, for speed; where shapes change the shortcut is a projection (their option
 * B), not zeros (option A).
 */
export function smallResnet(_image: ImageShape, outputs: number): Layer[] {
  return [
    ...normalised("conv1", { kernel: 3, stride: 2 })(16, "relu"),
    ...stages([16, 32, 64], 1, "conv1_norm", 16),
    { type: "global_avg_pool2d" },
    { type: "dense", name: "fc", units: outputs },
  ];
}

/** Stages of residual blocks; every stage but the first begins with a stride of 2. */
function stages(
  widths: readonly number[],
  blocks: number,
  input: string,
  channels: number,
): Layer[] {
  const layers: Layer[] = [];
  let from = { name: input, channels };
  for (const [stage, width] of widths.entries())
    for (let block = 1; block <= blocks; block++) {
      const name = `block${stage + 1}_${block}`;
      const stride = stage > 0 && block === 1 ? 2 : 1;
      layers.push(...residualBlock(name, from, width, stride));
      from = { name, channels: width };
    }
  return layers;
}

/** relu(F(x) + x), the paper's figure 2, with F two 3x3 convolutions (figure 5, left). */
function residualBlock(
  name: string,
  from: { name: string; channels: number },
  width: number,
  stride: number,
): Layer[] {
  const projected = stride > 1 || from.channels !== width;
  const inputs = [from.name];
  return [
    ...normalised(`${name}_conv1`, { kernel: 3, stride, inputs })(width, "relu"),
    ...normalised(`${name}_conv2`, { kernel: 3 })(width, "none"),
    ...(projected
      ? normalised(`${name}_shortcut`, { kernel: 1, stride, inputs })(width, "none")
      : []),
    {
      type: "add",
      name,
      inputs: [`${name}_conv2_norm`, projected ? `${name}_shortcut_norm` : from.name],
      activation: "relu",
    },
  ];
}

/** A convolution without a bias, which the normalisation after it would take away again. */
function normalised(name: string, how: { kernel: number; stride?: number; inputs?: string[] }) {
  const padding = (how.kernel - 1) / 2;
  return (filters: number, activation: "relu" | "none"): Layer[] => [
    { type: "conv2d", name, filters, ...how, padding, bias: false },
    { type: "batch_norm", name: `${name}_norm`, activation },
  ];
}
