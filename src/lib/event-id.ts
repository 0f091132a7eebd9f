import { randomBytes } from "node:crypto";

/** Place of an event in one numbered list. The epoch is new with each list, so that a number of another one, or of an earlier router, means nothing here. */
export interface EventId {
  readonly epoch: string;
  readonly n: number;
}

export const newEpoch = (): string => randomBytes(6).toString("hex");

export const formatEventId = ({ epoch, n }: EventId): string => `${epoch}-${n}`;

/** What a client sent as `Last-Event-ID`; undefined for anything that we never gave. */
export function parseEventId(text: string | undefined): EventId | undefined {
  const [, epoch, n] = /^([0-9a-f]{12})-(\d{1,15})$/.exec(text ?? "") ?? [];
  return epoch === undefined ? undefined : { epoch, n: Number(n) };
}
