import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { SessionSpec } from "../runtime.ts";
import { gitConfigText } from "./git-config.ts";
import type { Settings } from "./options.ts";
import type { SessionFolder } from "./session-folder.ts";
import { shareAuth } from "./share-auth.ts";

const PRIVATE = { mode: 0o600 };

/** Makes a session's folder ready for a start. May be repeated. */
export async function prepareFolder(
  folder: SessionFolder,
  spec: SessionSpec,
  { shareAuthFrom, github, nodePath }: Pick<Settings, "shareAuthFrom" | "github" | "nodePath">,
): Promise<void> {
  await mkdir(dirname(folder.root), { recursive: true, mode: 0o700 });
  for (const path of [folder.root, folder.home, dirname(folder.initLog)]) {
    await mkdir(path, { recursive: true, mode: 0o700 });
  }
  await mkdir(folder.state, { recursive: true });
  await rm(folder.socket, { force: true });
  await writeFile(folder.key, spec.sessionKey.reveal(), PRIVATE);
  await (spec.initialMessage === null
    ? rm(folder.initialMessage, { force: true })
    : writeFile(folder.initialMessage, spec.initialMessage, PRIVATE));
  const credentials = github && { origin: github.origin, command: [nodePath, github.credentialHelper] };
  const gitConfig = gitConfigText({ workspace: folder.workspace, shareFrom: shareAuthFrom, credentials });
  await writeFile(folder.gitConfig, gitConfig, PRIVATE);
  await shareAuth(folder.home, shareAuthFrom);
}
