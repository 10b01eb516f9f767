import { expect, test } from "vitest";
import { describeEngine } from "../src/describe-engine.ts";
import { ResultHash } from "../src/result-hash.ts";

const tensors = [{ offset: 1, length: 2 }];
const floats = (bits: number[]) => new Float32Array(Uint32Array.from(bits).buffer);

function hashOf(bits: number[], val_loss = 1, statistics: number[] = [0, 0, 0]): string {
  const hash = new ResultHash();
  hash.addEpoch(1, { val_loss });
  const weights = { tensors, values: floats(bits) };
  const buffers = { tensors, values: floats(statistics) };
  return hash.result("completed", weights, buffers, describeEngine()).result_hash;
}
const [ONE, NEXT, NAN, OTHER_NAN] = [0x3f800000, 0x3f800001, 0x7fc00000, 0xffc00001];

test("every bit of weights, running statistics and metrics counts, padding does not", () => {
  const hash = hashOf([0, ONE, ONE, 0]);
  expect(hashOf([NEXT, ONE, ONE, NEXT])).toBe(hash);
  expect(hashOf([0, ONE, NEXT, 0])).not.toBe(hash);
  expect(hashOf([0, ONE, ONE, 0], 1 + Number.EPSILON)).not.toBe(hash);
  expect(hashOf([0, ONE, ONE, 0], 1, [NEXT, 0, 0])).toBe(hash);
  expect(hashOf([0, ONE, ONE, 0], 1, [0, 0, NEXT])).not.toBe(hash);
});

test("all that is not a number is the same", () => {
  expect(hashOf([0, ONE, OTHER_NAN, 0])).toBe(hashOf([0, ONE, NAN, 0]));
});
