import { SessionReport } from "../contracts/status.ts";
import type { ReportSource } from "../sessions/report.ts";
import { askSessiond, type Connect } from "./ask-sessiond.ts";

/** Asks sessiond for its report. */
export const reportReader =
  (connect: Connect): ReportSource =>
  async (hash, sessionKey) =>
    SessionReport.parse(JSON.parse(await askSessiond(connect, { hash, sessionKey, method: "GET", path: "/report" })));
