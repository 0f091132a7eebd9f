import { z } from "zod";

/** Who may use a dev server's port host, from the owner alone to everybody. Each level includes those before it. */
export const SHARE_LEVELS = ["owner", "people", "authenticated", "public"] as const;
export type ShareLevel = (typeof SHARE_LEVELS)[number];

const MAX_PEOPLE = 100;

/** Body of `PUT /api/sessions/:hash/ports/:port`. */
export const SharePort = z
  .strictObject({
    level: z.enum(SHARE_LEVELS),
    /** E-mail addresses; with level `people`, and only then. */
    people: z.array(z.string().trim().max(254)).max(MAX_PEOPLE).optional(),
    /** When the port is the owner's alone again. */
    expiresAt: z.iso.datetime({ offset: true }).optional(),
  })
  .meta({ id: "SharePort" });
export type SharePort = z.infer<typeof SharePort>;
