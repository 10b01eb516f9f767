import { hypersOf, type ResolvedJob } from "@descent/contracts";
import type { PlacedTensor } from "@descent/graph";
import { buildOptimizer, findRule, type Optimizer } from "@descent/optimizers";

/**
 * The optimizer of a job over its model's parameters: every group's hypers on its tensors, the optimizer's
 * own on all others.
 *
 * @param length of the flat arrays, as placeTensors says
 * @throws Error where the rule is not there; RuleError, RangeError as buildOptimizer does
 */
export function buildJobOptimizer(
  { optimizer, rule_text }: Pick<ResolvedJob, "optimizer" | "rule_text">,
  tensors: readonly PlacedTensor[],
  length: number,
): Optimizer<"float32"> {
  const { rule, convention, precision, clip, accumulate, ema } = optimizer;
  const text = rule_text ?? findRule(rule, convention)?.text;
  if (text === undefined)
    throw new Error(`there is no rule ${rule} in the convention ${convention}`);
  const groupOf = ({ name }: PlacedTensor) =>
    optimizer.groups.findIndex((group) => group.tensors.includes(name));
  const members = (group: number) =>
    tensors.flatMap((tensor, index) => (groupOf(tensor) === group ? [index] : []));
  const groups = [
    ...optimizer.groups.map(({ hypers }, index) => ({ tensors: members(index), hypers })),
    { tensors: members(-1), hypers: hypersOf(optimizer) },
  ];
  return buildOptimizer({
    text,
    precision,
    tensors: tensors.map((tensor) => ({ begin: tensor.offset, length: tensor.length })),
    length,
    groups: groups.filter((group) => group.tensors.length > 0),
    clip,
    convention,
    accumulate: accumulate > 1,
    ema,
  });
}
