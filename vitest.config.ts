import { defineConfig } from "vitest/config";
import { ClosingLine } from "./test/closing-line.ts";

export default defineConfig({
  test: {
    include: ["{apps,packages}/*/test/**/*.test.ts", "test/**/*.test.ts"],
    globalSetup: "test/global-setup.ts",
    reporters: ["default", new ClosingLine()],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
