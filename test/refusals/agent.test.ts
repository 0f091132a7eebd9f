import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { eventually, readEvents } from "../harness/http.ts";
import { opencodeBinary } from "../harness/opencode-binary.ts";
import { processesWith } from "../harness/processes.ts";
import { startRouter } from "../harness/router.ts";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocr-agent-"));
  await writeFile(join(folder, "exits"), '#!/bin/sh\necho "error: the moon is full" >&2\nexit 3\n', { mode: 0o755 });
  await writeFile(join(folder, "no-program"), "\u0000\u0001\u0002 neither this nor that", { mode: 0o755 });
  await writeFile(join(folder, "not-executable"), "#!/bin/sh\nexit 0\n", { mode: 0o644 });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test.concurrent.each([
  { program: "missing", says: /missing is not an executable file/ },
  { program: "not-executable", says: /not-executable is not an executable file/ },
  { program: "exits", says: /nonzero_exit, exit code 3.*the moon is full/ },
  { program: "no-program", says: /no-program/ },
])("an opencode that does not start: $program", async ({ program, says }) => {
  const bin = join(folder, program);
  await using router = await startRouter({ env: { OPENCODE_BIN: bin } });
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  const events = await readEvents(router.ports.public, `/api/sessions/${hash}/events`, {
    headers: { host: router.mainHost() },
  });
  const failed = await router.session(hash);
  expect(failed).toMatchObject({ state: "failed", reason: "agent_crashed", url: null });
  expect(failed.message).toMatch(says);
  expect(events.at(-1)).toEqual({ event: "error", data: { code: "agent_crashed", message: failed.message } });
  await eventually(
    () => processesWith(join(router.dataDir, "data/sessions")),
    (pids) => pids.length === 0,
  );
});

test("the session starts once the program is there", async () => {
  const bin = join(folder, "late");
  await using router = await startRouter({ env: { OPENCODE_BIN: bin } });
  const { hash } = (await router.api("POST", "/api/sessions", { body: {} })).json<Session>();
  await router.waitFor(hash, "failed");
  await writeFile(bin, `#!/bin/sh\nexec ${opencodeBinary()} "$@"\n`, { mode: 0o755 });
  await router.api("POST", `/api/sessions/${hash}/resume`);
  expect((await router.waitFor(hash, "running")).url).not.toBeNull();
});
