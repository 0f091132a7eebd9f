import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "vitest";
import { processesWith } from "./processes.ts";
import type { TestRouter } from "./router.ts";

/** No record, no folder and no process of any session is there. */
export async function expectNothingLeft(router: TestRouter): Promise<void> {
  const folder = join(router.dataDir, "data/sessions");
  const { sessions } = (await router.api("GET", "/api/sessions")).json<{ sessions: unknown[] }>();
  expect(sessions).toEqual([]);
  expect(await readdir(folder).catch(() => [])).toEqual([]);
  expect(await processesWith(folder)).toEqual([]);
}
