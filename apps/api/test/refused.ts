import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Problem } from "@descent/contracts";
import { expect } from "vitest";
import { countRows, expectProblem, type TestApp } from "./open-test-app.ts";

export type Expected = [pointer: string, message: RegExp, allowed?: unknown];
type Answer = Parameters<typeof expectProblem>[0];

/** Each fault is there with its place and what is accepted; and nothing has been created. */
export async function refused(
  api: TestApp,
  send: () => Promise<Answer>,
  status: number,
  code: Problem["code"],
  faults: Expected[],
): Promise<Problem> {
  const before = await countRows(api);
  const problem = expectProblem(await send(), status, code);
  const pointers = problem.errors.map(({ pointer }) => pointer);
  expect(pointers.sort()).toEqual(faults.map(([pointer]) => pointer).sort());
  for (const [pointer, message, allowed] of faults) {
    const fault = problem.errors.find((each) => each.pointer === pointer);
    expect(fault?.message).toMatch(message);
    if (allowed !== undefined) expect(fault?.allowed).toEqual(allowed);
  }
  expect(await countRows(api)).toEqual(before);
  expect(await readdir(join(api.folder, "incoming"))).toEqual([]);
  return problem;
}
