import { defineConfig } from "vitest/config";

/** `unit`: beside the files, in under a minute. `integration`: real programs under test/, one file after the other on two cores. */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/architecture.test.ts", "test/docs.test.ts"] } },
      {
        test: {
          name: "integration",
          include: ["test/**/*.test.ts"],
          exclude: ["test/architecture.test.ts", "test/docs.test.ts", "test/cluster/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
