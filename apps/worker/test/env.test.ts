import { afterEach, expect, test, vi } from "vitest";
import { readEnv } from "../src/env.ts";

afterEach(() => vi.unstubAllEnvs());

function read(own: Record<string, string>) {
  const base = { DATABASE_URL: "postgres://localhost/x", STORAGE_URL: "/tmp/x" };
  for (const [name, value] of Object.entries({ ...base, ...own })) vi.stubEnv(name, value);
  return readEnv();
}

test.each([
  ["WORKER_SLOTS", "1.5", /WORKER_SLOTS must be a whole number from 1 up, not 1.5/],
  ["WORKER_SLOTS", "none", /WORKER_SLOTS must be a number above 0/],
  ["TRAINER_MEMORY_MB", "512", /TRAINER_MEMORY_MB must be a whole number from 1024 up, not 512/],
  ["LEASE_SECONDS", "-1", /LEASE_SECONDS must be a number above 0/],
])("%s=%s is refused before anything starts", (name, value, message) => {
  expect(() => read({ [name]: value })).toThrow(message);
});

test("what is set is taken", () => {
  const set = { WORKER_SLOTS: "3", TRAINER_MEMORY_MB: "2048", LEASE_SECONDS: "1.5" };
  expect(read(set)).toMatchObject({ slots: 3, trainerMemoryMb: 2048, leaseSeconds: 1.5 });
});
