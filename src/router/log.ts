import { pino, type DestinationStream } from "pino";
import type { Log } from "../lib/log.ts";

/** The router's log: one JSON line per event on standard output. Fields that could hold a secret are never printed. */
export const createLog = (level: string, destination?: DestinationStream): Log =>
  pino(
    {
      level,
      base: null,
      redact: {
        paths: [
          "password",
          "secret",
          "token",
          "authorization",
          "cookie",
          "headers",
          "*.password",
          "*.secret",
          "*.token",
        ],
        censor: "[secret]",
      },
    },
    destination,
  );
