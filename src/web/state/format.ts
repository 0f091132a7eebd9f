import type { Session } from "../../contracts/session.ts";
import { t } from "../text.ts";

const STEPS: readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "5 minutes ago", "in 2 hours", "now" for less than a minute, the date for more than a month. */
export function relativeTime(iso: string, now: number, locale = "en"): string {
  const at = Date.parse(iso);
  const seconds = (at - now) / 1000;
  if (Math.abs(seconds) > 30 * 86_400) return new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(at);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return format.format(Math.trunc(seconds / size), unit);
  return format.format(0, "second");
}

export const fullTime = (iso: string, locale = "en"): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(iso));

/** `https://github.com/acme/shop.git` → `acme/shop`; `git@host:acme/shop.git` too; a local path keeps its last part. */
export function repositoryName(repoUrl: string): string {
  const bare = repoUrl.replace(/[/]+$/, "").replace(/\.git$/, "");
  const remote = /^(?:[a-z+]+:\/\/[^/]+\/|[^/@]+@[^/:]+:)(.+)$/i.exec(bare)?.[1];
  if (remote !== undefined && !/^file:/i.test(bare)) return remote.split("/").slice(-2).join("/");
  return bare.split("/").at(-1) || repoUrl;
}

/** What a session is called: its title, else its repository, else that it is a blank project. */
export function sessionName(session: Pick<Session, "title" | "repoUrl">): string {
  const title = session.title?.trim();
  if (title) return title;
  return session.repoUrl === null ? t("session.blank") : repositoryName(session.repoUrl);
}
