import { MAX_STEPS, TEST_FUNCTIONS, Trajectory, TrajectoryRequest } from "@descent/contracts";
import { TEST_FUNCTION_TABLE } from "@descent/optimizers/trajectory";
import { Type } from "typebox";
import type { App, Parts } from "../app.ts";
import { findOwnRule } from "../find-own-rule.ts";
import { problems } from "../openapi/responses.ts";
import { faulty } from "../problem/problem-error.ts";
import { resolveTrajectory } from "../resolve-trajectory/resolve-trajectory.ts";
import { withRuleThreads } from "../with-rule-threads.ts";

/** Half of the numbers that an answer may have (2 million), written with 16 digits each. */
const BODY_LIMIT = 16 * 2 ** 20;

/** A rule has at most 32 hypers. */
const MAX_FIELDS = 64;

/** What a thread has written as JSON already. */
const Written = Type.Unsafe<Uint8Array>(Trajectory);

const FORMULAS = TEST_FUNCTIONS.map(
  (name) => `- \`${name}\`: ${TEST_FUNCTION_TABLE[name].formula}`,
).join("\n");

export function trajectoryRoutes(app: App, parts: Parts): void {
  app.post(
    "/v1/trajectories",
    {
      bodyLimit: BODY_LIMIT,
      preValidation: async ({ body }) => refuseBulk(body),
      schema: {
        operationId: "runTrajectory",
        summary: "Run a rule by itself",
        description: `On given \`gradients\`, or on those of a \`function\` at each point (\`steps\`, default 100). Nothing is stored. A value that is not finite is null. In float32 the function's gradient is computed in float64 at the float32 point and then rounded. A schedule counts steps.

The functions read the numbers of \`start\` in order as x[1], x[2], … (or x, y):

${FORMULAS}`,
        tags: ["optimizers"],
        body: TrajectoryRequest,
        response: {
          200: Written,
          ...problems(
            "malformed_json",
            "body_too_large",
            "unsupported_media_type",
            "invalid_trajectory",
            "timeout",
          ),
        },
      },
    },
    async ({ body }, reply) => {
      const own = await findOwnRule(parts.db, body.optimizer);
      const resolution = resolveTrajectory(body, own);
      if (resolution.faults) throw faulty("invalid_trajectory", resolution.faults);
      const json = await withRuleThreads(reply, (signal) =>
        parts.rules.run(resolution.task, signal),
      );
      if (json === null) return reply.hijack();
      return reply.type("application/json; charset=utf-8").send(json);
    },
  );
}

/** The schema lists every fault there is: what is far too long is refused before it is looked at. */
function refuseBulk(body: unknown): void {
  if (typeof body !== "object" || body === null) return;
  const { gradients, lr_factors, optimizer } = body as Record<string, unknown>;
  const lists = { gradients, lr_factors };
  for (const [name, list] of Object.entries(lists))
    if (Array.isArray(list) && list.length > MAX_STEPS)
      throw faulty("invalid_request", [
        { pointer: `/${name}`, message: `has ${list.length} items, at most ${MAX_STEPS}` },
      ]);
  const fields = typeof optimizer === "object" && optimizer !== null ? Object.keys(optimizer) : [];
  if (fields.length > MAX_FIELDS)
    throw faulty("invalid_request", [
      { pointer: "/optimizer", message: `has ${fields.length} fields, at most ${MAX_FIELDS}` },
    ]);
}
