import { For, Show } from "solid-js";
import type { Session } from "../../contracts/session.ts";
import { createAsking } from "../asking.ts";
import { copyText } from "../clipboard.ts";
import { createPortSharing } from "../port-sharing.ts";
import type { PortSharing } from "../port-sharing.ts";
import type { ShownPort } from "../state/ports.ts";
import { t } from "../text.ts";
import { RelativeTime } from "./relative-time.tsx";
import { Result } from "./result.tsx";
import { Section } from "./section.tsx";
import { ShareForm } from "./share-form.tsx";

function PortEntry(props: { readonly hash: string; readonly port: ShownPort; readonly sharing: PortSharing }) {
  const copying = createAsking();
  const copy = async () => {
    if (await copyText(props.port.url)) copying.note(t("ports.copied"));
    else copying.refuse(`${t("ports.by-hand")} ${props.port.url}`);
  };
  return (
    <li class="entry">
      <div class="entry-main">
        <a class="port" href={props.port.url} target="_blank" rel="noreferrer">
          <span class="port-number">:{props.port.port}</span> {props.port.process}
        </a>
        <span class="tag">{t(`level.${props.port.level}`)}</span>
        <Show when={props.port.expiresAt}>
          {(at) => (
            <span class="hint">
              <RelativeTime text="ports.ends" at={at()} />
            </span>
          )}
        </Show>
        <Show when={props.port.process === undefined}>
          <span class="hint">{t("ports.silent")}</span>
        </Show>
      </div>
      <div class="entry-actions">
        <button
          type="button"
          class="button small quiet"
          aria-label={t("ports.copy.label", { port: props.port.port })}
          onClick={() => void copy()}
        >
          {t("ports.copy")}
        </button>
      </div>
      <Result of={copying} />
      <details class="share">
        <summary aria-label={t("share.open.label", { port: props.port.port })}>{t("share.open")}</summary>
        <ShareForm hash={props.hash} port={props.port} onShared={props.sharing.told} />
      </details>
    </li>
  );
}

/** The ports of one of the person's own sessions, and who may use them. */
export function PortsCard(props: { readonly session: Session }) {
  const sharing = createPortSharing(() => props.session);
  // By number: an entry keeps what is typed in it while the session goes on to tell about its ports.
  const numbers = () => sharing.ports().map(({ port }) => port);
  const find = (number: number) => sharing.ports().find(({ port }) => port === number);
  return (
    <Show when={sharing.problem() !== undefined || numbers().length > 0}>
      <Section heading={t("ports.heading")}>
        <Result of={{ problem: sharing.problem, notice: () => undefined }} />
        <ul class="entries" aria-label={t("ports.list")}>
          <For each={numbers()}>
            {(number) => (
              <Show when={find(number)}>
                {(port) => <PortEntry hash={props.session.hash} port={port()} sharing={sharing} />}
              </Show>
            )}
          </For>
        </ul>
      </Section>
    </Show>
  );
}
