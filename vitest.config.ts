import { defineConfig } from "vitest/config";

const ABOUT_FILES = ["test/architecture.test.ts", "test/docs.test.ts", "test/images.test.ts", "test/workflows.test.ts"];

const smoke = {
  test: {
    name: "smoke",
    include: ["test/smoke/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
};

/**
 * `unit`: beside the files, in under a minute. `integration`: real programs under test/, one file after the other on two cores.
 * `smoke`: a built image, run as a container; only where `make smoke-…` says which.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["src/**/*.test.ts", "test/cluster/find-tools.test.ts", ...ABOUT_FILES] } },
      {
        test: {
          name: "integration",
          include: ["test/**/*.test.ts"],
          exclude: [...ABOUT_FILES, "test/cluster/**", "test/smoke/**"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      ...(process.env["SMOKE_IMAGE"] ? [smoke] : []),
    ],
  },
});
