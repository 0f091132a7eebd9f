import { mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import * as z from "zod/mini";
import { writeFileAtomic } from "../../lib/atomic-file.ts";

/** How far the initial message has come. On the session's volume, so that it is never given twice. */
export const Marker = z.discriminatedUnion("state", [
  z.object({ state: z.literal("none") }),
  /** Written before it is sent: it may or may not have arrived. */
  z.object({ state: z.literal("sending"), conversationId: z.string(), messageId: z.string() }),
  z.object({ state: z.literal("done"), why: z.string() }),
]);
export type Marker = z.infer<typeof Marker>;

export interface MarkerFile {
  read(): Promise<Marker>;
  write(marker: Marker): Promise<void>;
}

export function markerFile(stateDir: string): MarkerFile {
  const path = join(stateDir, "initial-message.json");
  return {
    async read() {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      return text === undefined ? { state: "none" } : Marker.parse(JSON.parse(text));
    },
    async write(marker) {
      await mkdir(dirname(path), { recursive: true });
      await writeFileAtomic(path, JSON.stringify(marker));
    },
  };
}
