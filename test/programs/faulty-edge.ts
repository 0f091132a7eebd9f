/**
 * An edge with one fault, before a sound one: what the doctor has to notice. Arguments: its own port, the port of the sound one, the
 * fault, and the cookie of somebody who has signed in. Announces that it listens.
 *
 * `believes`: takes whoever names an e-mail for that person. `open`: takes everybody for that person. `buffers`: holds event streams
 * back until they end. `cuts`: ends WebSockets after a second. `callback`: tells the provider another callback. `none`: nothing.
 */
import type { IncomingMessage } from "node:http";
import { passOn } from "../harness/pass-on.ts";

export type Fault = "none" | "believes" | "open" | "buffers" | "cuts" | "callback";

const [own = "", port = "", fault = "none", cookie = ""] = process.argv.slice(2);
const CUT_MS = 1_000;

function headersOf({ rawHeaders }: IncomingMessage): string[] {
  const claims = rawHeaders.some((text, index) => index % 2 === 0 && /^x[-_]auth[-_]request[-_]email$/i.test(text));
  const isLetIn = fault === "open" || (fault === "believes" && claims);
  return isLetIn ? [...rawHeaders, "Cookie", cookie] : rawHeaders;
}

function answerHeaders({ rawHeaders }: IncomingMessage): string[] {
  if (fault !== "callback") return rawHeaders;
  return rawHeaders.map((text) => text.replace("%2Foauth2%2Fcallback", "%2Fcallback"));
}

passOn({
  own,
  port,
  headersOf,
  answer(answer, res) {
    const isHeldBack = fault === "buffers" && answer.headers["content-type"]?.startsWith("text/event-stream");
    if (isHeldBack) return void answer.resume();
    res.writeHead(answer.statusCode ?? 502, answerHeaders(answer));
    answer.pipe(res);
  },
  upgraded(socket) {
    if (fault === "cuts") setTimeout(() => socket.destroy(), CUT_MS);
  },
});
