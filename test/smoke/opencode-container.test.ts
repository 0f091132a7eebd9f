import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { ContainerSession } from "./container-session.ts";
import { engineSays } from "./engine.ts";
import { HOME, image } from "./image.ts";

type Tool = readonly [name: string, script: string, answer: RegExp];

const TOOLS: readonly Tool[] = [
  ["ripgrep", "cd /tmp && echo needle >hay && rg --no-heading need hay", /^(?:1:)?needle$/],
  ["git", "cd /tmp && git init -q g && git -C g status --porcelain --branch", /^## No commits yet/],
  ["jq", `echo '{"a":[1,2]}' | jq -c '.a | add'`, /^3$/],
  ["node", "node --print 'process.versions.node'", /^24\./],
  ["python3", "python3 -c 'import ensurepip, json, ssl, sqlite3, venv; print(6 * 7)'", /^42$/],
  ["curl", "curl --version | head -n 1", /^curl \d/],
  ["ssh", "ssh -V", /^OpenSSH_\d/],
  ["less", "echo text | less", /^text$/],
  ["bash", "bash -ic 'll / | grep -c etc' 2>/dev/null", /^1$/],
  ["opencode", "opencode --version", /^\d+\.\d+\.\d+$/],
  ["code-server", "code-server --version 2>/dev/null | tail -n 1", /^\d+\.\d+\.\d+ /],
];

const DIAL = `
  const socket = require("node:net").connect({ host: process.argv[1], port: 80, timeout: 10_000 });
  const say = (word) => { console.log(word); socket.destroy(); };
  socket.once("connect", () => say("connected")).once("timeout", () => say("timeout")).once("error", ({ code }) => say(code));`;

/** A program that starts and never answers. */
const SILENT = "#!/bin/sh\nexec sleep 600\n";

/** A server of the person's: whoever kills the container at once never asks it to end. */
const NOTING = `trap 'echo asked to end >"$HOME/noted"; exit' TERM; echo started >"$HOME/noted"; while :; do sleep 0.1; done`;

describe("the container of a session", () => {
  let session: ContainerSession;
  beforeAll(async () => {
    session = await ContainerSession.create();
    await session.boot();
  });
  afterAll(() => session[Symbol.asyncDispose]());

  const shell = async (script: string) => {
    const { code, stdout, stderr } = await session.exec("sh", "-c", script);
    return `${stdout}${stderr}${code === 0 ? "" : `exit ${code}`}`.trim();
  };

  test("the image asks for uid 1000 by itself, and every process has it, without any right", async () => {
    expect(await engineSays("image", "inspect", "--format={{.Config.User}}", image)).toMatch(/^1000(:1000)?$/);
    const processes = await shell("cat /proc/[0-9]*/status | grep -E '^(Uid|Gid|Cap...|NoNewPrivs):' | sort -u");
    const names = processes.split("\n").map((line) => line.replace(/\s+/g, " "));
    const none = "0000000000000000";
    const rights = ["CapAmb", "CapBnd", "CapEff", "CapInh", "CapPrm"].map((name) => `${name}: ${none}`);
    const ids = ["Gid: 1000 1000 1000 1000", "NoNewPrivs: 1", "Uid: 1000 1000 1000 1000"];
    expect(names.toSorted()).toEqual([...rights, ...ids].toSorted());
    expect(await shell("id -un; echo $HOME")).toBe(`opencode\n${HOME}`);
  });

  test("nothing but the volume and /tmp can be written", async () => {
    const places = ["/", "/etc", "/opt/opencode-router", "/usr/local/bin", "/var/tmp", HOME, "/tmp"];
    const tried = places.map((place) => `if (: >${place}/probe) 2>/dev/null; then echo ${place}; fi`).join("; ");
    expect((await shell(tried)).split("\n")).toEqual([HOME, "/tmp"]);
    expect(await shell("awk '$2 == \"/\" { print substr($4, 1, 2) }' /proc/mounts")).toBe("ro");
  });

  test("there is no network but loopback", async () => {
    expect(await shell("ls /sys/class/net")).toBe("lo");
    // With any other network it would be a refusal or a silence of that network.
    expect(await shell(`node --eval '${DIAL}' 192.0.2.1`)).toBe("ENETUNREACH");
  });

  const GH: Tool = ["gh", "gh --version | head -n 1", /^gh version \d/];
  test.each([...TOOLS, ...(process.env["WITH_GH"] === "false" ? [] : [GH])])("%s answers", async (...tool) => {
    const [, script, answer] = tool;
    expect(await shell(script)).toMatch(answer);
  });

  test("orphans are taken over, and do not stay as zombies", async () => {
    const orphan = await shell("sleep 0.5 >/dev/null 2>&1 & echo $!");
    await eventually(async () => expect(await shell(`[ -e /proc/${orphan} ] || echo gone`)).toBe("gone"), 20_000);
    expect(await shell("cat /proc/[0-9]*/status | grep -c '^State:.*zombie'")).toBe("0\nexit 1");
  });

  describe("where sessiond listens on the pod network, the image's own health check", () => {
    const TCP = { SESSIOND_SOCKET: "", SESSIOND_PORT: "4100" };

    test("fails while opencode does not answer", async () => {
      await using pod = await ContainerSession.create();
      expect((await pod.runStep("workspace")).code).toBe(0);
      await writeFile(pod.path("programs/silent"), SILENT, { mode: 0o755 });
      await pod.start({ env: { ...TCP, OPENCODE_BIN: "/programs/silent" } });
      const door = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "http://127.0.0.1:4100/status"];
      await eventually(async () => expect((await pod.exec(...door)).stdout).toBe("401"));
      expect((await pod.checkHealth()).code).not.toBe(0);
    });

    test("fails while sessiond does not answer", async () => {
      await using pod = await ContainerSession.create();
      await writeFile(pod.path("programs/silent"), SILENT, { mode: 0o755 });
      await pod.start({ env: TCP, options: ["--entrypoint=/programs/silent"] });
      expect((await pod.checkHealth()).code).not.toBe(0);
    });

    test("holds when it does", async () => {
      await using pod = await ContainerSession.create();
      expect((await pod.runStep("config")).code).toBe(0);
      expect((await pod.runStep("workspace")).code).toBe(0);
      await pod.start({ env: TCP });
      await eventually(async () => expect(await pod.checkHealth()).toMatchObject({ code: 0 }));
    });
  });

  test("SIGTERM ends the session in order: exit code 0, and its database is whole", async () => {
    const noted = () => readFile(session.path("home/noted"), "utf8");
    await session.execDetached("sh", "-c", NOTING);
    await eventually(async () => expect(await noted()).toBe("started\n"));
    const created = await session.opencode("POST", "/session", {});
    expect(created.status).toBe(200);
    expect(await session.stop()).toBe(0);
    expect(await noted()).toBe("asked to end\n");
    const database = `${HOME}/.local/share/opencode/opencode.db`;
    const ask = `import sqlite3; print(sqlite3.connect("${database}").execute("pragma integrity_check").fetchone()[0])`;
    const { stdout } = await session.run(["-c", ask], { options: ["--entrypoint=python3"] });
    expect(stdout.trim()).toBe("ok");
    await session.start();
    const conversations = await session.untilReady().then(() => session.opencode("GET", "/session"));
    expect(JSON.stringify(conversations.json)).toContain((created.json as { id: string }).id);
  });
});
