import { createHash } from "node:crypto";
import type { Email } from "../contracts/email.ts";
import type { Session } from "../contracts/session.ts";
import type { SessionHash } from "../contracts/session-hash.ts";
import { FanOut } from "../lib/fan-out.ts";

/** A person's list as streams tell it. */
export interface ToldList {
  readonly data: { readonly email: Email; readonly sessions: Session[] };
  /** Names what is in it: another content is another id. */
  readonly id: string;
}

interface OpenList {
  readonly readers: FanOut<void>;
  /** Undefined after a change, until a reader comes for it. */
  told: ToldList | undefined;
}

/** The lists that somebody reads: made once after a change, however many tabs its person has open, and for nobody else. */
export class OpenLists {
  readonly #sessionsOf: (owner: Email) => Session[];
  readonly #open = new Map<Email, OpenList>();

  constructor(sessionsOf: (owner: Email) => Session[]) {
    this.#sessionsOf = sessionsOf;
  }

  /** How many readers there are. */
  get size(): number {
    return [...this.#open.values()].reduce((sum, { readers }) => sum + readers.size, 0);
  }

  /** Calls a reader as often as one of this person's sessions may look different. */
  subscribe(email: Email, reader: () => void): Disposable {
    const list = this.#open.get(email) ?? { readers: new FanOut<void>(), told: undefined };
    this.#open.set(email, list);
    // Some things get older without a change, and who comes new gets them as they are.
    list.told = undefined;
    const live = list.readers.subscribe(reader);
    return {
      [Symbol.dispose]: () => {
        live[Symbol.dispose]();
        if (list.readers.size === 0) this.#open.delete(email);
      },
    };
  }

  get(email: Email): ToldList {
    const list = this.#open.get(email);
    const told = list?.told ?? this.#make(email);
    if (list) list.told = told;
    return told;
  }

  /** A session may look different from before. @param owner undefined when it is gone */
  look(hash: SessionHash, owner: Email | undefined): void {
    for (const list of owner === undefined ? this.#thatTold(hash) : [this.#open.get(owner)]) {
      if (!list) continue;
      list.told = undefined;
      list.readers.publish();
    }
  }

  #thatTold(hash: SessionHash): OpenList[] {
    return [...this.#open.values()].filter(({ told }) => told?.data.sessions.some((session) => session.hash === hash));
  }

  #make(email: Email): ToldList {
    const data = { email, sessions: this.#sessionsOf(email) };
    return { data, id: createHash("sha256").update(JSON.stringify(data)).digest("hex").slice(0, 24) };
  }
}
