import { z } from "zod";

/** The 12 lower-case hex digits that name a session in hosts, labels and routes. */
export type SessionHash = string & { readonly __brand: "SessionHash" };

const PATTERN = /^[0-9a-f]{12}$/;

export const SessionHash = z
  .string()
  .regex(PATTERN, "must be 12 lower-case hex digits")
  .transform((value) => value as SessionHash);

export const isSessionHash = (value: string): value is SessionHash => PATTERN.test(value);
