import { createServer, type Server, type Socket } from "node:net";
import type { Secret } from "../../lib/secret.ts";
import { clearStaleSocket, listenOn } from "../door/listen.ts";
import { credentialAnswer, type Known } from "./answer.ts";

const MAX_QUESTION = 16 * 1024;
const TIME_LIMIT_MS = 5_000;

/**
 * Answers git's credential helper in the session on a unix socket. The token is in this process's memory alone, and may be
 * another one for the next question.
 */
export class GitCredentials {
  readonly #origin: string;
  #token: Secret | null;
  readonly #server: Server;

  constructor({ origin, token }: Known) {
    this.#origin = origin;
    this.#token = token;
    // The asker ends its side first: the end of the question.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => this.#answer(socket));
  }

  set(token: Secret | null): void {
    this.#token = token;
  }

  /** @throws when it cannot listen there */
  async listen(path: string): Promise<void> {
    const listen = { kind: "socket", path } as const;
    await clearStaleSocket(listen);
    await listenOn(this.#server, listen);
  }

  /** The socket goes with it. */
  close(): void {
    this.#server.close();
  }

  #answer(socket: Socket): void {
    let question = "";
    socket.setTimeout(TIME_LIMIT_MS, () => socket.destroy());
    socket.on("error", () => socket.destroy());
    socket.setEncoding("utf8").on("data", (text: string) => {
      question += text;
      if (question.length > MAX_QUESTION) socket.destroy();
    });
    socket.on("end", () => socket.end(credentialAnswer(question, { origin: this.#origin, token: this.#token })));
  }
}
