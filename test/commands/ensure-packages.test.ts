import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

const SCRIPT = readFileSync(new URL("../../tools/ensure-packages.sh", import.meta.url));
const NOBODY = 65_534;

const ensure = (pairs: readonly string[]) =>
  // By standard input: somebody else need not be able to read this folder.
  spawnSync("/bin/sh", ["-s", "--", ...pairs], {
    cwd: "/",
    input: SCRIPT,
    encoding: "utf8",
    // Only root may become somebody else; anybody else is already somebody who cannot install.
    ...(process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {}),
  });

test("programs that are there need nothing", () => {
  const { status, stdout, stderr } = ensure(["sh=dash", "/bin/sh=dash"]);
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
});

test("whoever cannot install is told in one line what is missing", () => {
  const { status, stderr } = ensure(["sh=dash", "no-such-git=git", "no-such-jq=jq"]);
  expect(status).toBe(1);
  expect(stderr).toBe("Missing programs. Install these packages, then run the command again: git jq\n");
});
