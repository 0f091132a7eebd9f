import { expect, test } from "vitest";
import { sampleEdge } from "../../../test/harness/sample-edge.ts";
import { edgeProblems, type EdgeOptions } from "./edge-options.ts";

test("good names have no problem, the bare domain as the main host included", () => {
  expect(edgeProblems(sampleEdge())).toEqual([]);
  expect(edgeProblems(sampleEdge({ mainHost: "example.org", sessionDomain: "s.example.org" }))).toEqual([]);
});

test.each<[string, Partial<EdgeOptions>]>([
  ["domain", { domain: "https://example.org" }],
  ["mainHost", { mainHost: "Code.example.org" }],
  ["mainHost", { mainHost: "code.example.org:443" }],
  ["mainHost", { mainHost: "code.example.com" }],
  ["mainHost", { mainHost: "0123456789ab-oc.example.org" }],
  ["oauthHost", { oauthHost: "code.example.org" }],
  ["oauthHost", { oauthHost: "attach-0123456789ab-oc.example.org" }],
  ["oauthHost", { oauthHost: "oauth.notexample.org" }],
  ["sessionDomain", { sessionDomain: "example.net" }],
  ["sessionDomain", { sessionDomain: "a`.example.org" }],
  ["ROUTE_SUFFIX", { routeSuffix: "_oc" }],
  ["ATTACH_ROUTE_PREFIX", { attachPrefix: "ide-" }],
])("%s is named when it cannot be used: %o", (name, changes) => {
  expect(edgeProblems(sampleEdge(changes)).join("\n")).toMatch(new RegExp(`^${name}[ :]`, "m"));
});
