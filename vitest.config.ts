import { defineConfig } from "vitest/config";
import { missingTools } from "./test/cluster/harness/cluster-tools.ts";

const ABOUT_FILES = ["test/architecture.test.ts", "test/docs.test.ts", "test/images.test.ts", "test/workflows.test.ts"];
const ABOUT_STACKS = ["test/harness/mock-*.test.ts", "test/harness/invariants/*.test.ts"];

const smoke = {
  test: {
    name: "smoke",
    include: ["test/smoke/**/*.test.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
};

const NEEDS_NO_CLUSTER = "test/cluster/find-tools.test.ts";

const cluster = {
  test: {
    name: "cluster",
    include: ["test/cluster/**/*.test.ts", "test/deploy/**/*.test.ts", "test/edge/**/*.test.ts"],
    exclude: [NEEDS_NO_CLUSTER],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
    globalSetup: ["test/cluster/harness/tell-missing.ts"],
    ...(missingTools().length > 0 ? { runner: "test/cluster/harness/skip-runner.ts" } : {}),
  },
};

/**
 * `unit`: beside the files, in under a minute. `integration`: real programs under test/, one file after the other on two cores.
 * `cluster`: against a real control plane, by the real `pulumi`, and behind a real edge; where their programs are missing, every
 * test counts as skipped.
 * `smoke`: a built image, run as a container; only where `make smoke-…` says which.
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", NEEDS_NO_CLUSTER, ...ABOUT_FILES, ...ABOUT_STACKS],
          // They keep nothing between them, and Pulumi's packages take seconds to load: once is enough.
          isolate: false,
          // They take milliseconds; a machine that does much else at the moment is no failure.
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/**/*.test.ts"],
          exclude: [
            ...ABOUT_FILES,
            ...ABOUT_STACKS,
            "test/cluster/**",
            "test/deploy/**",
            "test/edge/**",
            "test/smoke/**",
          ],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      cluster,
      ...(process.env["SMOKE_IMAGE"] ? [smoke] : []),
    ],
  },
});
