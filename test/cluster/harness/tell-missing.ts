import type { TestProject } from "vitest/node";
import { missingTools } from "./cluster-tools.ts";

/** Before the suites: says which of them cannot run, and why. */
export default async function tellMissing(project: TestProject): Promise<void> {
  const missing = missingTools();
  if (missing.length === 0) return;
  const { testFiles } = await project.globTestFiles();
  const suites = testFiles.map((file) => `  ${file.slice(project.config.root.length + 1)}\n`).toSorted();
  process.stderr.write(
    `SKIPPED: these suites need a real control plane or a real edge, and ${missing.join(", ")} ${missing.length > 1 ? "are" : "is"} ` +
      `neither in .cache/tools/bin nor on PATH.\n${suites.join("")}Build what is missing with: make tools\n`,
  );
}
