import { delimiter, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import * as pulumi from "@pulumi/pulumi";
import { LocalWorkspace, PulumiCommand } from "@pulumi/pulumi/automation/index.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cloudflareDns, type DnsRecordProps } from "../../src/deploy/tunnel/cloudflare-dns.ts";
import { cloudflareToken } from "../../src/deploy/tunnel/config.ts";
import { findTool } from "../cluster/find-tools.ts";
import { Keeper } from "../cluster/harness/keeper.ts";
import { CLOUDFLARE_TOKEN, FakeCloudflare, ZONE } from "../harness/fake-cloudflare.ts";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));

let keeper: Keeper;
let cloudflare: FakeCloudflare;
beforeAll(async () => {
  keeper = new Keeper();
  cloudflare = await new FakeCloudflare().start();
});
afterAll(async () => {
  await cloudflare?.[Symbol.asyncDispose]();
  await keeper?.[Symbol.asyncDispose]();
});

class TestRecord extends pulumi.dynamic.Resource {
  constructor(props: DnsRecordProps) {
    super(cloudflareDns({ readToken: cloudflareToken, api: cloudflare.url, pauseMs: 5 }), props.name, { ...props });
  }
}

test("the real Pulumi makes a record, leaves it, changes it and removes it, and keeps no token", async () => {
  const program = findTool("pulumi");
  if (program === undefined) throw new Error("pulumi is missing: make tools");
  const pulumiCommand = await PulumiCommand.get({ root: dirname(dirname(program)), skipVersionCheck: true });
  const folder = await keeper.folder("dns-record-");
  let content = "one.cfargotunnel.com";
  const stack = await LocalWorkspace.createOrSelectStack(
    {
      stackName: "dns",
      projectName: "dns",
      program: async () => {
        new TestRecord({ zoneId: ZONE, name: "*.example.org", content, comment: "of this test" });
      },
    },
    {
      workDir: folder,
      pulumiCommand,
      envVars: {
        PATH: [dirname(program), `${modules}/@pulumi/pulumi`, process.env["PATH"]].join(delimiter),
        NODE_PATH: modules,
        PULUMI_HOME: folder,
        PULUMI_BACKEND_URL: `file://${folder}`,
        PULUMI_CONFIG_PASSPHRASE: "of this test",
        PULUMI_SKIP_UPDATE_CHECK: "true",
        CLOUDFLARE_API_TOKEN: CLOUDFLARE_TOKEN,
      },
    },
  );
  const up = async () => (await stack.up()).summary.resourceChanges;
  expect(await up()).toMatchObject({ create: 2 });
  expect(cloudflare.records).toMatchObject([{ type: "CNAME", name: "*.example.org", content, proxied: true }]);
  expect(await up()).toEqual({ same: 2 });
  content = "two.cfargotunnel.com";
  expect(await up()).toMatchObject({ update: 1 });
  expect(cloudflare.records).toMatchObject([{ content }]);
  expect(JSON.stringify(await stack.exportStack())).not.toContain(CLOUDFLARE_TOKEN);
  await stack.destroy();
  expect(cloudflare.records).toEqual([]);
});
