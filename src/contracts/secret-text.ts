/** What Node's `inspect` asks an object for. */
const INSPECT = Symbol.for("nodejs.util.inspect.custom");

/** A text that never prints: not in logs, JSON, string templates or `inspect`. */
export class SecretText {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself: only where it is compared, derived from or handed on. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [INSPECT](): string {
    return "[secret]";
  }
}
