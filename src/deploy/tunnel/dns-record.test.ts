import { expect, test } from "vitest";
import { mockPart } from "../../../test/harness/mock-part.ts";
import { dropping, read, TUNNEL_ID } from "../settings/stack.fixture.ts";
import { DnsRecords } from "./dns-record.ts";

const ZONE = "0123456789abcdef0123456789abcdef";
const TYPE = "pulumi-nodejs:dynamic/opencode-router:CloudflareRecord";

const deploy = (given: Record<string, string>) =>
  mockPart(() => {
    new DnsRecords("dns", { ...read(given), zoneId: ZONE, readToken: () => "the-token" });
  });

test("every record of the tunnel is made, known by the stack's name, and the token is in none", async () => {
  const { resources } = await deploy({ mainHost: "example.org" });
  const records = resources.filter(({ type }) => type === TYPE).map(({ inputs: { __provider, ...props } }) => props);
  const common = { zoneId: ZONE, content: `${TUNNEL_ID}.cfargotunnel.com`, comment: "opencode-router, stack opencode" };
  expect(records).toEqual([
    { name: "*.example.org", ...common },
    { name: "example.org", ...common },
  ]);
});

test("no record is made where there is no tunnel", async () => {
  const given = { ...dropping("tunnel.token"), "tunnel.kind": "none", "tls.secretName": "wildcard" };
  expect((await deploy(given)).resources.filter(({ type }) => type === TYPE)).toEqual([]);
});
