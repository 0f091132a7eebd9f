import { For, Show, createSignal } from "solid-js";
import type { AuditEntry } from "../../contracts/audit.ts";
import { getAudit } from "../api.ts";
import { createAsking } from "../asking.ts";
import { t } from "../text.ts";
import { RelativeTime } from "./relative-time.tsx";
import { Result } from "./result.tsx";
import { Section } from "./section.tsx";

const AuditLine = (props: { readonly entry: AuditEntry }) => (
  <li class="entry">
    <div class="entry-main">
      <span>
        <strong>{props.entry.actor}</strong> {t(`audit.${props.entry.action}`)}{" "}
        <span class="mono">{props.entry.subject}</span>
      </span>
      <div class="meta">
        <RelativeTime text="message.at" at={props.entry.at} />
        <Show when={props.entry.detail}>{(detail) => <span>{detail()}</span>}</Show>
      </div>
    </div>
  </li>
);

/** The record of who did what, page by page. */
export function AuditSection() {
  const asking = createAsking();
  const [entries, setEntries] = createSignal<readonly AuditEntry[]>();
  const [next, setNext] = createSignal<string | null>(null);
  const load = (before: string | null) =>
    asking.ask(
      () => getAudit(before),
      (page) => {
        setEntries([...(entries() ?? []), ...page.entries]);
        setNext(page.next);
        // The button goes with the last page; what is said instead is read aloud.
        return before !== null && page.next === null ? t("admin.audit.end") : undefined;
      },
    );
  let heading!: HTMLElement;
  const older = async () => {
    if ((await load(next())) && next() === null) heading.focus();
  };
  void load(null);
  return (
    <Section heading={t("admin.audit.heading")} ref={(element) => (heading = element)}>
      <p class="hint">{t("admin.audit.text")}</p>
      <Show when={entries()}>
        {(all) => (
          <ul class="entries" aria-label={t("admin.audit.list")}>
            <For each={all()} fallback={<li class="hint">{t("admin.audit.empty")}</li>}>
              {(entry) => <AuditLine entry={entry} />}
            </For>
          </ul>
        )}
      </Show>
      <Result of={asking} />
      <Show when={next() !== null}>
        <button type="button" class="button" aria-disabled={asking.pending()} onClick={() => void older()}>
          {t("admin.audit.older")}
        </button>
      </Show>
    </Section>
  );
}
