import { execFile } from "node:child_process";
import { mkdtemp, rm, statfs, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);
const KIB = 1024;

/** A file system of its own that can be filled to the brim. */
export class SmallDisk implements AsyncDisposable {
  readonly path: string;
  readonly #ballast: string;

  private constructor(path: string) {
    this.path = path;
    this.#ballast = join(path, "ballast");
  }

  /** @throws where mounting is not permitted: a full disk cannot be had there. */
  static async mount(sizeMiB: number): Promise<SmallDisk> {
    const path = await mkdtemp(join(tmpdir(), "ocr-disk-"));
    try {
      await run("mount", ["-t", "tmpfs", "-o", `size=${sizeMiB}m,mode=0700`, "tmpfs", path]);
    } catch (cause) {
      await rm(path, { recursive: true });
      throw new Error(
        "This test needs the right to mount a tmpfs: run it as root, in a container with CAP_SYS_ADMIN.",
        { cause },
      );
    }
    return new SmallDisk(path);
  }

  /** Leaves about so much room. */
  async fillUp({ leaveKiB }: { leaveKiB: number }): Promise<void> {
    const { bavail, bsize } = await statfs(this.path);
    const bytes = bavail * bsize - leaveKiB * KIB;
    await writeFile(this.#ballast, Buffer.alloc(Math.max(0, bytes)), { flag: "a" });
  }

  async makeRoom(): Promise<void> {
    await truncate(this.#ballast, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", ["--lazy", this.path]);
    await rm(this.path, { recursive: true, force: true });
  }
}
