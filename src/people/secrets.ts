import type { Email } from "../contracts/email.ts";
import { ProblemError } from "../contracts/problem.ts";
import { type SecretEntry, secretNameProblem } from "../contracts/user-secret.ts";
import type { Clock } from "../lib/clock.ts";
import { KeyedQueue } from "../lib/keyed-queue.ts";
import type { Log } from "../lib/log.ts";
import { Secret } from "../lib/secret.ts";
import { seal, sealingKey, unseal } from "./secrets-seal.ts";
import type { SecretRecord, UserSecretRepository } from "./store.ts";

const MAX_PER_PERSON = 100;
/**
 * Of all values together: they are handed to every program of a session by its environment, for which Linux has 2 MiB
 * together with the arguments. A session whose environment is larger could not start any program.
 */
const MAX_TOTAL_KIB = 512;

export interface UserSecretsParts {
  readonly repository: UserSecretRepository;
  readonly tokenSecret: Secret;
  readonly clock: Clock;
  readonly log: Log;
}

/** People's own secrets, which become variables of their sessions. No value leaves it but into a session of its owner. */
export class UserSecrets {
  readonly #parts: UserSecretsParts;
  readonly #key: Secret;
  readonly #perOwner = new KeyedQueue();

  constructor(parts: UserSecretsParts) {
    this.#parts = parts;
    this.#key = sealingKey(parts.tokenSecret);
  }

  /** By name. */
  async list(owner: Email): Promise<SecretEntry[]> {
    return (await this.#parts.repository.ofOwner(owner)).map(viewSecret);
  }

  async get(owner: Email, name: string): Promise<SecretEntry | undefined> {
    return (await this.list(owner)).find((entry) => entry.name === name);
  }

  /**
   * Makes or replaces a secret; sessions see it from their next start on. `created` is false when it was replaced.
   * @throws ProblemError when the name is refused or a limit is reached
   */
  async put(owner: Email, name: string, value: Secret): Promise<{ entry: SecretEntry; created: boolean }> {
    const problem = secretNameProblem(name);
    if (problem) throw new ProblemError("invalid_request", problem);
    const sealed = seal(this.#key, { owner, name }, value.reveal());
    const record = { owner, name, sealed, updatedAt: this.#parts.clock.now() };
    // One at a time per person: each counts those before it.
    return this.#perOwner.run(owner, async () => {
      const before = await this.#parts.repository.ofOwner(owner);
      const others = before.filter((one) => one.name !== name);
      checkRoom([...others, record]);
      await this.#parts.repository.put(record);
      return { entry: viewSecret(record), created: others.length === before.length };
    });
  }

  /** @returns false when this person has no such secret. */
  remove(owner: Email, name: string): Promise<boolean> {
    return this.#perOwner.run(owner, () => this.#parts.repository.remove(owner, name));
  }

  /** The values for a session of this person. What cannot be decrypted is left out with a warning: it never keeps a session from starting. */
  async forSession(owner: Email): Promise<Readonly<Record<string, Secret>>> {
    const secrets: Record<string, Secret> = {};
    for (const { name, sealed } of await this.#parts.repository.ofOwner(owner)) {
      const value = unseal(this.#key, { owner, name }, sealed);
      if (value === undefined) this.#parts.log.warn({ owner, name }, UNREADABLE);
      else secrets[name] = new Secret(value);
    }
    return secrets;
  }
}

const UNREADABLE = "secret.unreadable: it was stored under another TOKEN_SECRET; its owner must set it again";

function checkRoom(records: readonly SecretRecord[]): void {
  if (records.length > MAX_PER_PERSON)
    throw new ProblemError(
      "limit_reached",
      `You have ${MAX_PER_PERSON} secrets, which is the limit. Remove one that you do not need.`,
    );
  const bytes = records.reduce((sum, { sealed }) => sum + Buffer.byteLength(sealed, "base64url"), 0);
  if (bytes > MAX_TOTAL_KIB * 1024)
    throw new ProblemError(
      "limit_reached",
      `All your secrets together may have ${MAX_TOTAL_KIB} KiB. Remove or shorten one.`,
    );
}

const viewSecret = ({ name, updatedAt }: SecretRecord): SecretEntry => ({
  name,
  updatedAt: new Date(updatedAt).toISOString(),
});
