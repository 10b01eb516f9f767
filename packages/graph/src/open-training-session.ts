import type { Tensor } from "onnxruntime-node";
import type { Session } from "./compile-session.ts";
import type { AnyGraph, Value } from "./graph.ts";
import { FILLING, hasConvolutions, openSession } from "./open-session.ts";

export interface TrainingSession {
  /** Runs a batch of so many rows; what comes out is written into `fetches`. */
  run(
    rows: number,
    feeds: Readonly<Record<string, Tensor>>,
    fetches: Readonly<Record<string, Tensor>>,
  ): Promise<void>;
  /** Gives the memory back, also where a run has failed. */
  release(): Promise<void>;
}

/**
 * A session for steps of training. Convolutions are faster where the rows fill blocks, as they do in all
 * batches but an epoch's last: those are run by a session of their own, and each is compiled when
 * it is first needed.
 */
export async function openTrainingSession(
  graph: AnyGraph,
  outputs: readonly Value[],
  options: { threads: number; profileTo?: string },
): Promise<TrainingSession> {
  const sessions = new Map<boolean, Promise<Session>>();
  const open = (rowsFill: boolean) => {
    const known = sessions.get(rowsFill);
    if (known !== undefined) return known;
    const session = openSession(graph, outputs, { ...options, rowsFill });
    sessions.set(rowsFill, session);
    return session;
  };
  const matters = hasConvolutions(graph);
  const only = matters ? null : await open(true);
  return {
    async run(rows, feeds, fetches) {
      const session = only ?? (await open(rows % FILLING === 0));
      session.run(feeds, fetches);
    },
    async release() {
      // Whoever ran what could not be compiled was told, and has nothing to release.
      for (const opened of await Promise.allSettled(sessions.values()))
        if (opened.status === "fulfilled") opened.value.release();
    },
  };
}
