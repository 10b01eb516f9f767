import { Trajectory } from "@descent/contracts";
import Value from "typebox/value";
import { expect } from "vitest";
import type { TestApp } from "./open-test-app.ts";

/** POST /v1/trajectories, and the same with the answer checked against its shape. */
export function trajectoriesOf(api: () => TestApp) {
  const post = (payload: object | string) =>
    api().app.inject({
      method: "POST",
      url: "/v1/trajectories",
      headers: { "content-type": "application/json" },
      payload: typeof payload === "string" ? payload : JSON.stringify(payload),
    });
  async function run(request: object): Promise<Trajectory> {
    const answer = await post(request);
    expect(answer.statusCode, answer.body.slice(0, 1000)).toBe(200);
    expect(answer.headers["content-type"]).toBe("application/json; charset=utf-8");
    const trajectory: unknown = answer.json();
    expect(Value.Errors(Trajectory, trajectory)).toEqual([]);
    return trajectory as Trajectory;
  }
  return { post, run };
}
