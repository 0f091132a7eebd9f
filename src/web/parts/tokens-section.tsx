import { For, Match, Show, Switch, createSignal } from "solid-js";
import type { NewToken, Token } from "../../contracts/token.ts";
import { createToken, getTokens, revokeToken } from "../api.ts";
import { useApp } from "../app-state.ts";
import { copyText } from "../clipboard.ts";
import { createOwnList } from "../own-list.ts";
import type { OwnList } from "../own-list.ts";
import { t } from "../text.ts";
import { ConfirmButton } from "./confirm-button.tsx";
import { CopyField } from "./copy-field.tsx";
import { RelativeTime } from "./relative-time.tsx";
import { Result } from "./result.tsx";
import { Section } from "./section.tsx";
import { TokenForm } from "./token-form.tsx";

function Expiry(props: { readonly at: string | null }) {
  const app = useApp();
  return (
    <Show when={props.at} fallback={<span>{t("tokens.expires.never")}</span>}>
      {(at) => <RelativeTime text={Date.parse(at()) > app.now() ? "tokens.expires" : "tokens.expired"} at={at()} />}
    </Show>
  );
}

interface TokenRowProps {
  readonly token: Token;
  readonly pending: boolean;
  readonly onRevoke: () => void;
}

const TokenRow = (props: TokenRowProps) => (
  <li class="entry">
    <div class="entry-main">
      <span class="entry-name">{props.token.name}</span>
      <For each={props.token.scopes}>{(scope) => <span class="tag">{scope}</span>}</For>
      <div class="meta">
        <RelativeTime text="tokens.created" at={props.token.createdAt} />
        <Expiry at={props.token.expiresAt} />
        <Show when={props.token.lastUsedAt} fallback={<span>{t("tokens.used.never")}</span>}>
          {(at) => <RelativeTime text="tokens.used" at={at()} />}
        </Show>
      </div>
    </div>
    <div class="entry-actions">
      <ConfirmButton
        label={t("tokens.revoke")}
        name={t("tokens.revoke.label", { name: props.token.name })}
        heading={t("tokens.revoke.heading", { name: props.token.name })}
        text={t("tokens.revoke.text")}
        pending={props.pending}
        onConfirm={props.onRevoke}
      />
    </div>
  </li>
);

/** The one time that a token is shown. */
function MadeToken(props: { readonly list: OwnList<Token>; readonly token: string; readonly onDone: () => void }) {
  const copy = async () => {
    if (await copyText(props.token)) props.list.asking.note(t("tokens.copied"));
    else props.list.asking.refuse(t("tokens.by-hand"));
  };
  return (
    <CopyField text={t("tokens.made")} label={t("tokens.token")} value={props.token}>
      <button type="button" class="button small" onClick={() => void copy()}>
        {t("action.copy")}
      </button>
      <button type="button" class="button small" onClick={() => props.onDone()}>
        {t("tokens.done")}
      </button>
    </CopyField>
  );
}

/** A person's access tokens. */
export function TokensSection() {
  const list = createOwnList(getTokens);
  const [made, setMade] = createSignal<NewToken>();
  let heading!: HTMLElement;
  const revoke = async (token: Token) => {
    const revoked = await list.change(
      () => revokeToken(token.id),
      () => t("tokens.revoked", { name: token.name }),
    );
    if (!revoked) return;
    if (made()?.id === token.id) setMade(undefined);
    heading.focus();
  };
  const done = () => {
    setMade(undefined);
    heading.focus();
  };
  return (
    <Section heading={t("tokens.heading")} ref={(element) => (heading = element)}>
      <p class="hint">{t("tokens.text")}</p>
      <Show when={list.items()}>
        {(tokens) => (
          <ul class="entries" aria-label={t("tokens.list")}>
            <For each={tokens()} fallback={<li class="hint">{t("tokens.empty")}</li>}>
              {(token) => (
                <TokenRow token={token} pending={list.asking.pending()} onRevoke={() => void revoke(token)} />
              )}
            </For>
          </ul>
        )}
      </Show>
      <Result of={list.asking} />
      <Switch>
        <Match when={made()}>{(one) => <MadeToken list={list} token={one().token} onDone={done} />}</Match>
        <Match when={!made()}>
          <TokenForm
            asking={list.asking}
            onMake={(body) =>
              list.change(
                () => createToken(body),
                (token) => void setMade(token),
              )
            }
          />
        </Match>
      </Switch>
    </Section>
  );
}
