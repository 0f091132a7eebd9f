import { connect, type PeerCertificate } from "node:tls";
import { failed, ok, warning, type Check, type Verdict } from "./check.ts";
import { doorUrl, type Platform } from "./platform.ts";
import type { Address, Web } from "./web.ts";

const LIMIT_MS = 15_000;
const DAY_MS = 24 * 60 * 60 * 1000;
const SOON_DAYS = 14;

/** What a host's certificate is worth. */
interface Shown {
  /** Why it is not believed. */
  readonly problem: string | undefined;
  readonly certificate: Pick<PeerCertificate, "valid_to">;
}

/** Whether the hosts answer, with certificates that hold: without that, everything else would fail for the same reason. */
export function connectionChecks(platform: Platform, web: Web, address: Address | undefined): Check[] {
  const urls = [platform.url, platform.callbackUrl, doorUrl("session", platform), doorUrl("attach", platform)];
  return urls.map((url) => ({
    title: `${url.protocol === "https:" ? "the certificate of" : "the connection to"} ${url.hostname}`,
    run: async () => {
      if (url.protocol === "https:") return judgeCertificate(url.hostname, await look(url, address), Date.now());
      const { status } = await web.ask(url);
      return ok(`${url.hostname} answers (${status}), without encryption.`);
    },
  }));
}

export function judgeCertificate(host: string, { problem, certificate }: Shown, now: number): Verdict {
  if (problem !== undefined)
    return failed(
      `The certificate of ${host} is not believed: ${problem}. It must be valid for *.<domain>; if it is of your own making, say NODE_EXTRA_CA_CERTS=<its file>.`,
    );
  const days = Math.floor((Date.parse(certificate.valid_to) - now) / DAY_MS);
  if (days < SOON_DAYS) return warning(`The certificate of ${host} ends in ${days} days: renew it.`);
  return ok(`The certificate holds for ${days} days.`);
}

function look(url: URL, address: Address | undefined): Promise<Shown> {
  const port = address?.port ?? (Number(url.port) || 443);
  const host = address?.host ?? url.hostname;
  return new Promise((resolve, reject) => {
    // Nothing is said on this connection: it is there to read the certificate, whatever that is worth.
    const socket = connect({ host, port, servername: url.hostname, rejectUnauthorized: false, timeout: LIMIT_MS });
    socket
      .once("secureConnect", () => {
        const problem = socket.authorized ? undefined : String(socket.authorizationError);
        resolve({ problem, certificate: socket.getPeerCertificate() });
        socket.destroy();
      })
      .once("timeout", () => socket.destroy(new Error(`${host}:${port} does not answer.`)))
      .once("error", reject);
  });
}
