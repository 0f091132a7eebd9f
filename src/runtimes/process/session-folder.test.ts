import { expect, test } from "vitest";
import type { SessionHash } from "../../contracts/session-hash.ts";
import { maxSocketPathProblem, sessionFolder } from "./session-folder.ts";

const hash = "0123456789ab" as SessionHash;

test("a data folder is refused from the byte on where a socket path would not fit", () => {
  const socketOf = (dataDir: string) => sessionFolder(dataDir, hash).socket;
  const longest = `/${"d".repeat(106 - socketOf("/").length)}`;
  expect(socketOf(longest)).toHaveLength(107);
  expect(maxSocketPathProblem(longest)).toBeUndefined();
  expect(maxSocketPathProblem(`${longest}d`)).toContain("1 bytes too long");
  expect(maxSocketPathProblem(`${longest.slice(0, -1)}é`)).toContain(longest.slice(0, -1));
});

test("git's socket needs no more room than sessiond's", () => {
  const { socket, gitSocket } = sessionFolder("/data", hash);
  expect(gitSocket.length).toBeLessThanOrEqual(socket.length);
});

test("everything of a session is below its folder", () => {
  const { root, ...paths } = sessionFolder("/data", hash);
  for (const path of Object.values(paths)) expect(path.startsWith(`${root}/`)).toBe(true);
});
