import { defineConfig } from "vitest/config";

/** Tests of built images, in containers: `make smoke-opencode` and `make smoke-router` run them, `make test` does not. */
export default defineConfig({
  test: {
    include: ["test/smoke/**/*.test.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    fileParallelism: false,
  },
});
