import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A repository that has one branch, `main`, and can only be asked which it has: nothing clones from it. */
export interface FakeRemote extends AsyncDisposable {
  readonly url: string;
}

/** What a server of git says before it is asked for anything: lines with their length, and 0000 after each part. */
const line = (text: string): string => (text.length + 5).toString(16).padStart(4, "0") + `${text}\n`;
const COMMIT = "1".repeat(40);
const ADVERTISEMENT = [
  line("# service=git-upload-pack"),
  "0000",
  line(`${COMMIT} HEAD\0symref=HEAD:refs/heads/main`),
  line(`${COMMIT} refs/heads/main`),
  "0000",
].join("");

export async function startFakeRemote(): Promise<FakeRemote> {
  const server = createServer(({ url }, res) => {
    if (url !== "/team/app.git/info/refs?service=git-upload-pack") return void res.writeHead(404).end();
    res.writeHead(200, { "content-type": "application/x-git-upload-pack-advertisement" }).end(ADVERTISEMENT);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/team/app.git`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
