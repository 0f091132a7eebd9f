import { mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

/**
 * A folder as a kubelet mounts secrets and config maps: what is seen are links through `..data`, which moves from one hidden folder
 * to the next when anything changes. Whoever watches a file sees it change only once.
 */
export class MountedFolder {
  readonly path: string;
  #version = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** @param files texts by their paths in the folder: always the same ones */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    const [before, now] = [`..${this.#version}`, `..${(this.#version += 1)}`];
    for (const [path, text] of Object.entries(files)) {
      await mkdir(dirname(join(this.path, now, path)), { recursive: true });
      await writeFile(join(this.path, now, path), text);
    }
    await symlink(now, join(this.path, "..data_tmp"));
    await rename(join(this.path, "..data_tmp"), join(this.path, "..data"));
    for (const top of new Set(Object.keys(files).map((path) => path.split("/")[0] ?? "")))
      await symlink(join("..data", top), join(this.path, top)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "EEXIST") throw error;
      });
    await rm(join(this.path, before), { recursive: true, force: true });
  }
}
