import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { readSnapshot } from "../../src/deploy/models/snapshot.ts";
import { startOpenRouter, type OpenRouter } from "../harness/openrouter.ts";

const MAIN = fileURLToPath(new URL("../../src/deploy/models/main.ts", import.meta.url));

let openRouter: OpenRouter;
beforeAll(async () => {
  openRouter = await startOpenRouter();
});
afterAll(() => openRouter[Symbol.asyncDispose]());

let folder = "";
const file = () => join(folder, "snapshot.json");
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ocr-refresh-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** What `make models` runs, with nothing but this environment. */
function refresh(url: string, env: Record<string, string> = {}) {
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const args = ["--import", "tsx", MAIN, "--url", url, "--file", file()];
    execFile(process.execPath, args, { env, timeout: 60_000 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

test("writes the list, tells what changed, and nothing the next time", async () => {
  expect(await refresh(openRouter.url("good"))).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(`+ paid/model-999\n${file()}: 30 models that cost something, 5 free ones.`),
  });
  const { models } = await readSnapshot(file());
  expect(models).toHaveLength(35);
  const written = await readFile(file(), "utf8");
  expect(await refresh(openRouter.url("good"))).toEqual({ code: 0, stdout: "Nothing has changed.\n", stderr: "" });
  expect(await readFile(file(), "utf8")).toBe(written);
  await refresh(openRouter.url("pages"));
  expect((await readSnapshot(file())).models).toHaveLength(60 + 50);
});

test.each(["html", "empty", "negative", "403"] as const)(
  "%s: the old file stays, and the exit code tells",
  async (fault) => {
    await writeFile(file(), "the old one");
    const { code, stdout, stderr } = await refresh(openRouter.url(fault));
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(/^The list of models at http:.* cannot be used: .*\.\nThe snapshot stays as it is\.\n$/);
    expect(await readFile(file(), "utf8")).toBe("the old one");
    expect(await readdir(folder)).toEqual(["snapshot.json"]);
  },
);

test("goes through the proxy that the environment names", async () => {
  const tunnels: string[] = [];
  const proxy = createServer().on("connect", (req, socket) => {
    tunnels.push(req.url ?? "");
    const upstream = connect(Number(new URL(openRouter.url("good")).port), "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  try {
    const http_proxy = `http://user:hidden@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    // A name that only the proxy knows.
    const url = "http://models.invalid/good/api/v1/models";
    expect(await refresh(url, { http_proxy })).toMatchObject({ code: 0, stderr: "" });
    expect(tunnels).toEqual(["models.invalid:80"]);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
});

test("a proxy that is no address is a fault, and its password is not told", async () => {
  const { code, stderr } = await refresh(openRouter.url("good"), { http_proxy: "http://user:hidden@:x:y" });
  expect(code).toBe(1);
  expect(stderr).toContain("the proxy that HTTPS_PROXY or HTTP_PROXY names is not a valid address");
  expect(stderr).not.toContain("hidden");
});
