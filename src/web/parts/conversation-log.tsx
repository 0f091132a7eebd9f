import { For, createEffect, createUniqueId } from "solid-js";
import type { Conversation } from "../state/conversation.ts";
import { t } from "../text.ts";
import { RelativeTime } from "./relative-time.tsx";

const NEAR_END_PX = 80;

/** The last messages; stays at the end unless the person has scrolled up. */
export function ConversationLog(props: { readonly conversation: Conversation }) {
  const id = createUniqueId();
  let log!: HTMLDivElement;
  let follows = true;
  createEffect(() => {
    if (props.conversation.messages.length > 0 && follows)
      queueMicrotask(() => log.scrollTo({ top: log.scrollHeight }));
  });
  const onScroll = () => {
    follows = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END_PX;
  };
  return (
    <section class="conversation">
      <h2 id={id}>{t("start.messages")}</h2>
      <div
        ref={(element) => (log = element)}
        class="log"
        role="log"
        aria-labelledby={id}
        tabindex="0"
        onScroll={onScroll}
      >
        <For each={props.conversation.messages} fallback={<p class="hint">{t("start.messages.empty")}</p>}>
          {(message) => (
            <article class="message" data-role={message.role}>
              <header>
                <span class="message-role">{t(`message.${message.role}`)}</span>
                <RelativeTime text="message.at" at={message.at} />
              </header>
              <p>{message.text}</p>
            </article>
          )}
        </For>
      </div>
    </section>
  );
}
