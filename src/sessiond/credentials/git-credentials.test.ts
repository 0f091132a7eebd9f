import { existsSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Secret } from "../../lib/secret.ts";
import { AddressInUse } from "../door/listen.ts";
import { GitCredentials } from "./git-credentials.ts";

let folder: string;
let open: GitCredentials[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "ocr-git-"));
  open = [];
});
afterEach(() => {
  for (const one of open) one.close();
  rmSync(folder, { recursive: true });
});

const path = () => join(folder, "git.sock");
function credentials(): GitCredentials {
  const one = new GitCredentials({ origin: "https://github.com", token: new Secret("gho_1") });
  open.push(one);
  return one;
}
async function ask(question: string): Promise<string> {
  const socket = connect(path());
  socket.end(question);
  return text(socket);
}

test("answers the owner of the process alone, until it is closed", async () => {
  const one = credentials();
  await one.listen(path());
  expect(statSync(path()).mode & 0o777).toBe(0o600);
  expect(await ask("protocol=https\nhost=github.com\n")).toBe("username=x-access-token\npassword=gho_1\n");
  expect(await ask("protocol=https\nhost=example.org\n")).toBe("");
  one.close();
  expect(existsSync(path())).toBe(false);
});

test("takes the place of what a killed one left, and not of one that answers", async () => {
  const killed = credentials();
  await killed.listen(join(folder, "other"));
  renameSync(join(folder, "other"), path());
  killed.close();
  expect(existsSync(path())).toBe(true);
  await credentials().listen(path());
  expect(await ask("protocol=https\nhost=github.com\n")).toContain("gho_1");
  await expect(credentials().listen(path())).rejects.toThrow(AddressInUse);
});

test("a question without an end is given up", async () => {
  await credentials().listen(path());
  await ask("x".repeat(100_000)).catch(() => "");
  const silent = connect(path()).on("error", () => {});
  silent.write(`host=${"x".repeat(20_000)}`);
  await new Promise((resolve) => silent.once("close", resolve));
});
