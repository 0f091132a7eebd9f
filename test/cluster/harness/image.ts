import { readFileSync } from "node:fs";
import { chmod, cp, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { opencodeBinary } from "../../harness/opencode-binary.ts";
import type { Mount } from "./container-root.ts";

const PROJECT = fileURLToPath(new URL("../../../", import.meta.url));
const OWN_FOLDER = "/opt/opencode-router";
const PROGRAMS = "/usr/local/bin";

/** What an image says of how it is run. */
interface ImageSettings {
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly workdir: string;
  readonly uid: number;
  readonly gid: number;
}

/** An image as the nodes of a test have it: its own files over those of this machine. */
export interface Image extends ImageSettings {
  readonly mounts: readonly Mount[];
}

interface Dockerfile {
  readonly settings: ImageSettings;
  /** Files of the project that are copied into the image. */
  readonly copies: readonly { readonly from: string; readonly to: string }[];
}

/** Reads the last stage of a Dockerfile; understands as much of the language as the project's own files use. */
export function readDockerfile(text: string): Dockerfile {
  const stage = text.slice(text.lastIndexOf("\nFROM ")).replaceAll("\\\n", " ");
  const instruction = (name: string): string => new RegExp(`^${name} (.*)$`, "m").exec(stage)?.[1] ?? "";
  const [uid = 0, gid = uid] = instruction("USER").split(":").map(Number);
  const env = [...instruction("ENV").matchAll(/([A-Z_]+)=(\S+)/g)].map(([, name = "", value = ""]) => [name, value]);
  const entrypoint = JSON.parse(instruction("ENTRYPOINT")) as string[];
  const copies = [...stage.matchAll(/^COPY (?!--from)(?:--\S+ )?(\S+) (\S+)$/gm)];
  return {
    settings: { env: Object.fromEntries(env), entrypoint, workdir: instruction("WORKDIR"), uid, gid },
    copies: copies.map(([, from = "", to = ""]) => ({ from, to })),
  };
}

/** Lays out the image of a session in a folder: as it would be built from what the project is now. */
export async function sessionImage(folder: string): Promise<Image> {
  const { settings, copies } = readDockerfile(readFileSync(join(PROJECT, "images/opencode/Dockerfile"), "utf8"));
  for (const { from, to } of copies.filter(({ to }) => to.startsWith(OWN_FOLDER)))
    await cp(join(PROJECT, from), join(folder, to), { recursive: true });
  for (const path of [OWN_FOLDER, join(OWN_FOLDER, "init")]) await makeScriptsExecutable(join(folder, path));
  const own = { source: join(folder, OWN_FOLDER), target: OWN_FOLDER, readOnly: true };
  const mounts = [own, ...(await programs(folder)), await people(folder, settings)];
  return { ...settings, mounts };
}

async function makeScriptsExecutable(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (name.endsWith(".sh")) await chmod(join(folder, name), 0o755);
}

/** Node and opencode, where the image has them. */
async function programs(folder: string): Promise<Mount[]> {
  const sources = { node: process.execPath, opencode: opencodeBinary() };
  await mkdir(join(folder, PROGRAMS), { recursive: true });
  for (const name of Object.keys(sources)) await writeFile(join(folder, PROGRAMS, name), "");
  return [
    { source: join(folder, PROGRAMS), target: PROGRAMS, readOnly: true },
    ...Object.entries(sources).map(([name, source]) => ({ source, target: join(PROGRAMS, name), readOnly: true })),
  ];
}

/** The names of the image's users. */
async function people(folder: string, { uid, gid }: ImageSettings): Promise<Mount> {
  const source = join(folder, "passwd");
  const opencode = `opencode:x:${uid}:${gid}::/home/opencode:/bin/bash`;
  await writeFile(source, `root:x:0:0:root:/root:/bin/bash\n${opencode}\n`);
  return { source, target: "/etc/passwd", readOnly: true };
}
