import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import type { Session } from "../../src/contracts/session.ts";
import { eventually } from "../harness/http.ts";
import { startModelServer } from "../harness/model-server.ts";
import { opencodeBinary } from "../harness/opencode-binary.ts";
import { Terminal } from "../harness/terminal.ts";
import { DOMAIN } from "./harness/edge.ts";
import { EdgePlace } from "./harness/place.ts";

/** Runs a command where one name leads to this machine: no name server knows the hosts of the test. */
const withName = (name: string, hostsFile: string, command: string): string =>
  `unshare --mount sh -c 'mount --bind ${hostsFile} /etc/hosts && grep -q ${name} /etc/hosts && exec ${command}'`;

test("a local terminal attaches through Traefik with the command as it is copied", async () => {
  const home = await mkdtemp(join(tmpdir(), "edge-attach-"));
  try {
    await using model = await startModelServer();
    await using place = await EdgePlace.start({ modelUrl: model.url });
    const created = await place.api("POST", "/api/sessions", { body: { initialMessage: "Say hello" } });
    const { hash } = created.json<Session>();
    const { url } = await place.router.waitFor(hash, "running");
    const conversation = url?.split("/").at(-1) ?? "";
    const { command } = (await place.api("GET", `/api/sessions/${hash}/attach-info`)).json<{ command: string }>();
    const name = `attach-${hash}-oc.${DOMAIN}`;
    expect(command).toContain(`http://${name}:${place.edge.ports.web}`);

    const hosts = join(home, "hosts");
    await writeFile(hosts, `127.0.0.1 localhost ${name}\n`);
    const env = { HOME: home, PATH: `${dirname(opencodeBinary())}:${process.env["PATH"]}`, TERM: "xterm-256color" };
    await using terminal = await Terminal.open(withName(name, hosts, command), env);
    await terminal.shows("Say hello");
    await terminal.type("And goodbye");
    await terminal.press("Enter");
    const messages = () => place.router.onSession(hash, `/session/${conversation}/message`);
    await eventually(messages, ({ text }) => text.includes("And goodbye"));
  } finally {
    await rm(home, { recursive: true, force: true });
  }
});
