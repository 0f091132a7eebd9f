import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLOUDFLARE_TOKEN, FakeCloudflare, ZONE } from "../../../test/harness/fake-cloudflare.ts";
import { cloudflareDns, type DnsRecordProps } from "./cloudflare-dns.ts";

const TARGET = "6ff42ae2-765d-4adf-8112-31c55c1551ef.cfargotunnel.com";
const PROPS: DnsRecordProps = { zoneId: ZONE, name: "*.example.org", content: TARGET, comment: "opencode-router, p" };
const WRITTEN = { type: "CNAME", name: "*.example.org", content: TARGET, comment: "opencode-router, p", proxied: true };

let cloudflare: FakeCloudflare;
beforeAll(async () => {
  cloudflare = await new FakeCloudflare().start();
});
afterAll(async () => cloudflare?.[Symbol.asyncDispose]());
beforeEach(() => {
  cloudflare.records = [];
  cloudflare.asked.length = 0;
  cloudflare.faults.clear();
  cloudflare.beforeCreate = () => {};
});

function provider(token: string | undefined = CLOUDFLARE_TOKEN) {
  const {
    create,
    update,
    delete: remove,
    diff,
  } = cloudflareDns({
    readToken: () => token,
    api: cloudflare.url,
    pauseMs: 1,
  });
  if (!update || !remove || !diff) throw new Error("not a whole provider");
  return { create, update, remove, diff };
}

describe("a record", () => {
  test("is made, proxied, where there is none", async () => {
    const { id, outs } = await provider().create(PROPS);
    expect(cloudflare.records).toEqual([{ id, ttl: 1, ...WRITTEN }]);
    expect(outs).toEqual(PROPS);
  });

  test.each([
    ["leads there already", { content: TARGET, comment: "by hand", proxied: false }],
    ["is of this stack, to an earlier tunnel", { content: "old.cfargotunnel.com", comment: PROPS.comment }],
  ])("that %s is taken over", async (_which, there) => {
    const id = cloudflare.add({ type: "CNAME", name: PROPS.name, ...there });
    expect((await provider().create(PROPS)).id).toBe(id);
    expect(cloudflare.records).toMatchObject([{ id, ...WRITTEN }]);
  });

  test.each([
    { type: "CNAME", content: "elsewhere.example.net" },
    { type: "A", content: "192.0.2.1", comment: PROPS.comment },
    { type: "AAAA", content: "2001:db8::1" },
  ])("of somebody else is left, and it is said what to do: %o", async (there) => {
    cloudflare.add({ name: PROPS.name, ...there });
    const before = structuredClone(cloudflare.records);
    await expect(provider().create(PROPS)).rejects.toThrow(
      `somebody else for *.example.org: ${there.type} ${there.content}. Remove it`,
    );
    expect(cloudflare.records).toEqual(before);
  });

  test("of somebody who was faster is looked at again", async () => {
    cloudflare.beforeCreate = () => cloudflare.add({ type: "A", name: PROPS.name, content: "192.0.2.1" });
    await expect(provider().create(PROPS)).rejects.toThrow("A 192.0.2.1");
  });

  test("follows the stack to another tunnel, unless it leads elsewhere by now", async () => {
    const now = { ...PROPS, content: "new.cfargotunnel.com" };
    const { create, update, diff } = provider();
    const { id } = await create(PROPS);
    expect(await diff(id, PROPS, now)).toMatchObject({ changes: true, replaces: [] });
    expect(await diff(id, PROPS, PROPS)).toMatchObject({ changes: false });
    expect(await diff(id, PROPS, { ...PROPS, name: "*.example.net" })).toMatchObject({ replaces: ["name"] });
    await update(id, PROPS, now);
    expect(cloudflare.records).toMatchObject([{ id, content: "new.cfargotunnel.com" }]);
    cloudflare.records = [{ id, type: "CNAME", name: PROPS.name, content: "elsewhere.example.net" }];
    await expect(update(id, now, PROPS)).rejects.toThrow("somebody else");
    cloudflare.records = [];
    await expect(update(id, now, PROPS)).rejects.toThrow("is gone");
  });

  test("is removed only while it leads to the tunnel", async () => {
    const { create, remove } = provider();
    const { id } = await create(PROPS);
    await remove(id, { ...PROPS, content: "another.cfargotunnel.com" });
    expect(cloudflare.records).toHaveLength(1);
    await remove(id, PROPS);
    expect(cloudflare.records).toEqual([]);
    await remove(id, PROPS);
  });
});

describe("faults", () => {
  test("that pass are waited for", async () => {
    cloudflare.faults.set("GET", [429, 503]).set("POST", [500]);
    await provider().create(PROPS);
    expect(cloudflare.records).toMatchObject([WRITTEN]);
    expect(cloudflare.asked.map((line) => line.split(" ")[0])).toEqual(["GET", "GET", "GET", "POST", "POST"]);
  });

  test("an answer that was lost leaves one record, not two, and no error", async () => {
    cloudflare.faults.set("POST", ["lost"]);
    const { id } = await provider().create(PROPS);
    expect(cloudflare.records).toMatchObject([{ id, ...WRITTEN }]);
    cloudflare.faults.set("DELETE", ["lost"]);
    await provider().remove(id, PROPS);
    expect(cloudflare.records).toEqual([]);
  });

  test("that stay are told after three tries", async () => {
    cloudflare.faults.set("GET", [500, 502, 429]);
    await expect(provider().create(PROPS)).rejects.toThrow("failed 3 times, the last time with: status 429");
    expect(cloudflare.asked).toHaveLength(3);
  });

  test("a token that may not is told at once, with what it needs", async () => {
    const failed = provider("a-wrong-token").create(PROPS);
    await expect(failed).rejects.toThrow(/403: 9109 Unauthorized\. The token needs Zone:Read and DNS:Edit/);
    await expect(failed).rejects.not.toThrow("a-wrong-token");
    expect(cloudflare.asked).toHaveLength(1);
    await expect(provider("").create(PROPS)).rejects.toThrow("CLOUDFLARE_API_TOKEN is not set");
    // A header that cannot be sent is told by Node with the header in the message.
    const odd = provider("odd\ntoken").create(PROPS);
    await expect(odd).rejects.toThrow("failed 3 times");
    await expect(odd).rejects.not.toThrow("odd\ntoken");
  });
});

/** What a stack does: this program is run by tsx, and Pulumi writes the provider down as a text. */
const WRITE_DOWN = `
import * as pulumi from "@pulumi/pulumi";
import { cloudflareDns } from "./src/deploy/tunnel/cloudflare-dns.ts";
import { cloudflareToken } from "./src/deploy/tunnel/config.ts";
const provider = cloudflareDns({ readToken: cloudflareToken, api: process.argv[1], pauseMs: 1 });
const { text } = await pulumi.runtime.serializeFunction(() => provider);
process.stdout.write(text);
`;

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../..", import.meta.url));

test("the text that Pulumi keeps of the provider does the same in another process, and has no token in it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "dns-"));
  try {
    const environment = { PATH: process.env["PATH"], CLOUDFLARE_API_TOKEN: CLOUDFLARE_TOKEN };
    const tsx = ["--import", import.meta.resolve("tsx"), "--input-type=module", "--eval", WRITE_DOWN];
    const { stdout: text } = await run(process.execPath, [...tsx, cloudflare.url], { cwd: root, env: environment });
    expect(text).not.toContain(CLOUDFLARE_TOKEN);
    // Nothing of the repository is there, nor any package.
    const file = join(folder, "provider.cjs");
    await writeFile(file, text);
    const call = `require(${JSON.stringify(file)}).handler().create(${JSON.stringify(PROPS)}).then(({ id }) => console.log(id))`;
    const { stdout: id } = await run(process.execPath, ["--eval", call], { cwd: folder, env: environment });
    expect(cloudflare.records).toMatchObject([{ id: id.trim(), ...WRITTEN }]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
