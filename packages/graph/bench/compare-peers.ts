import { OURS, type Peer } from "./find-peers.ts";
import { CannotStep, openStepper, type Stepper } from "./open-stepper.ts";
import { median, ratioOf, takeTurns } from "./take-turns.ts";
import { LEARNING_RATE, type Workload } from "./workloads.ts";

const ROUNDS = 15;

/** A workload beside the peers: times are medians of steps, memory is the most that was resident. */
export interface Compared {
  workload: string;
  ours_ms: number;
  peers: Partial<Record<Peer["name"], number>>;
  /** The peer's time by ours, the median of the rounds. */
  ratios: Partial<Record<Peer["name"], number>>;
  ours_mib: number | null;
  peers_mib: Partial<Record<Peer["name"], number | null>>;
  /** Why a peer has no numbers. */
  impossible: Partial<Record<Peer["name"], string>>;
}

/**
 * Whole training steps (forward, backward, update) of one workload on one thread, each library in a process of
 * its own.
 */
export async function comparePeers(workload: Workload, peers: readonly Peer[]): Promise<Compared> {
  const stepped = { ...workload, lr: LEARNING_RATE, threads: 1 };
  const ours = await openStepper(OURS, stepped);
  const opened: { name: Peer["name"]; stepper: Stepper }[] = [];
  const impossible: Compared["impossible"] = {};
  for (const { name, command } of peers)
    try {
      opened.push({ name, stepper: await openStepper(command, stepped) });
    } catch (error) {
      if (!(error instanceof CannotStep)) throw error;
      impossible[name] = error.message;
    }
  const steppers = [ours, ...opened.map(({ stepper }) => stepper)];
  const [own, ...theirs] = (await takeTurns(steppers, ROUNDS)) as [number[], ...number[][]];
  const [memory, ...memories] = await Promise.all(steppers.map((each) => each.peakMemory()));
  await Promise.all(steppers.map((stepper) => stepper.close()));
  const byName = <T>(numberOf: (index: number) => T) =>
    Object.fromEntries(opened.map(({ name }, index) => [name, numberOf(index)]));
  return {
    workload: workload.name,
    ours_ms: median(own),
    peers: byName((index) => median(theirs[index]!)),
    ratios: byName((index) => ratioOf(theirs[index]!, own)),
    ours_mib: memory ?? null,
    peers_mib: byName((index) => memories[index] ?? null),
    impossible,
  };
}
