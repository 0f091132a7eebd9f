import { execFile } from "node:child_process";
import { chmod, chown, mkdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { V1Container, V1KeyToPath, V1Pod, V1Volume, V1VolumeProjection } from "@kubernetes/client-node";
import type { Mount } from "./container-root.ts";
import type { EnvSources } from "./pod-env.ts";

const run = promisify(execFile);

/** A volume cannot be mounted yet: what a kubelet says in an event FailedMount. */
export class MountProblem extends Error {}

export interface VolumeSources extends Pick<EnvSources, "values"> {
  /** Folder of the volume that a claim is bound to; undefined while it is not bound. */
  claimFolder(claim: string): Promise<string | undefined>;
}

/** Folders of a pod's volumes, by name. @throws {MountProblem} when one is not there yet */
export async function prepareVolumes(
  pod: V1Pod,
  folder: string,
  sources: VolumeSources,
): Promise<ReadonlyMap<string, string>> {
  const { fsGroup: group, fsGroupChangePolicy } = pod.spec?.securityContext ?? {};
  const onlyOnMismatch = fsGroupChangePolicy === "OnRootMismatch";
  const made = new Map<string, string>();
  for (const volume of pod.spec?.volumes ?? []) {
    const path = join(folder, volume.name);
    made.set(volume.name, await prepare(volume, { path, group, onlyOnMismatch, sources }));
  }
  return made;
}

interface Preparation {
  readonly path: string;
  readonly group: number | undefined;
  /** Files of a claim are given to the group only when the claim's own folder is not yet the group's. */
  readonly onlyOnMismatch: boolean;
  readonly sources: VolumeSources;
}

function prepare(volume: V1Volume, preparation: Preparation): Promise<string> {
  const { secret, configMap, projected, emptyDir, persistentVolumeClaim: claim } = volume;
  if (emptyDir) return prepareEmpty(preparation);
  if (claim) return prepareClaim(claim.claimName, preparation);
  const files = (sources: readonly FileSource[], mode?: number): Promise<string> =>
    prepareFiles({ volume: volume.name, mode, sources }, preparation);
  if (secret) return files([{ kind: "secret", ...secret, name: secret.secretName }], secret.defaultMode);
  if (configMap) return files([{ kind: "configmap", ...configMap }], configMap.defaultMode);
  if (projected?.sources) return files(projected.sources.map(projection), projected.defaultMode);
  throw new MountProblem(`the nodes of a test do not have volumes like "${volume.name}"`);
}

function projection({ secret, configMap }: V1VolumeProjection): FileSource {
  if (secret) return { kind: "secret", ...secret };
  if (configMap) return { kind: "configmap", ...configMap };
  throw new MountProblem("the nodes of a test project only Secrets and ConfigMaps");
}

async function prepareEmpty({ path, group }: Preparation): Promise<string> {
  await mkdir(path, { recursive: true });
  await chmod(path, 0o777);
  if (group !== undefined) await own(path, group);
  return path;
}

async function prepareClaim(claim: string, { group, onlyOnMismatch, sources }: Preparation): Promise<string> {
  const path = await sources.claimFolder(claim);
  if (path === undefined) throw new MountProblem(`persistentvolumeclaim "${claim}" is not bound`);
  const right = onlyOnMismatch && (await stat(path)).gid === group;
  if (group !== undefined && !right) await own(path, group);
  return path;
}

/** As kubelets do for `fsGroup`: all of the volume becomes the group's, and readable and writable for it. */
async function own(path: string, group: number): Promise<void> {
  await run("/bin/chown", ["-hR", `:${group}`, path]);
  await run("/usr/bin/find", [path, "-type", "d", "-exec", "/bin/chmod", "ug+rwx,g+s", "{}", "+"]);
  await run("/usr/bin/find", [path, "-type", "f", "-exec", "/bin/chmod", "ug+rw", "{}", "+"]);
}

interface FileSource {
  readonly kind: "secret" | "configmap";
  readonly name?: string | undefined;
  readonly items?: readonly V1KeyToPath[] | undefined;
  readonly optional?: boolean | undefined;
}

interface FileVolume {
  readonly volume: string;
  readonly mode: number | undefined;
  readonly sources: readonly FileSource[];
}

/** Files behind a link to a folder of their own, as kubelets lay them out. */
async function prepareFiles({ volume, mode, sources }: FileVolume, to: Preparation): Promise<string> {
  const { path, group } = to;
  const found = await Promise.all(sources.map((source) => filesOf(source, { volume, sources: to.sources })));
  await rm(path, { recursive: true, force: true });
  const data = "..2006_01_02_15_04_05.1";
  await mkdir(join(path, data), { recursive: true });
  await chmod(path, 0o777);
  await symlink(data, join(path, "..data"));
  for (const [name, file] of Object.entries(Object.assign({}, ...found) as Record<string, ProjectedFile>)) {
    const target = join(path, data, name);
    await writeFile(target, file.value);
    if (group !== undefined) await chown(target, 0, group);
    await chmod(target, (file.mode ?? mode ?? 0o644) | (group === undefined ? 0 : 0o440));
    await symlink(join("..data", name), join(path, name));
  }
  return path;
}

interface ProjectedFile {
  readonly value: string;
  readonly mode: number | undefined;
}

async function filesOf(
  { kind, name = "", items, optional = false }: FileSource,
  { volume, sources }: { volume: string; sources: VolumeSources },
): Promise<Record<string, ProjectedFile>> {
  const failed = (what: string) => new MountProblem(`MountVolume.SetUp failed for volume "${volume}" : ${what}`);
  const values = await sources.values(kind, name);
  if (values === undefined && !optional) throw failed(`${kind} "${name}" not found`);
  const files: Record<string, ProjectedFile> = {};
  for (const { key, path, mode } of items ?? Object.keys(values ?? {}).map(asItem)) {
    const value = values?.[key];
    if (value === undefined && !optional) throw failed(`references non-existent ${kind} key: ${key}`);
    if (value !== undefined) files[path] = { value, mode };
  }
  return files;
}

const asItem = (key: string): V1KeyToPath => ({ key, path: key });

/** What a container sees of its pod's volumes. */
export async function volumeMounts(
  { volumeMounts: wanted = [] }: V1Container,
  volumes: ReadonlyMap<string, string>,
): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const { name, mountPath, subPath, readOnly = false } of wanted) {
    const source = join(volumes.get(name) ?? "", subPath ?? "");
    if (subPath !== undefined && !(await stat(source).catch(() => undefined))) await mkdir(source, { recursive: true });
    mounts.push({ source, target: mountPath, readOnly });
  }
  return mounts;
}
