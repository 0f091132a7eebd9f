import type { IncomingHttpHeaders } from "node:http";
import { describe, expect, test } from "vitest";
import { ADMIN_SECRET_HEADER, EDGE_SECRET_HEADER, IDENTITY_HEADERS, RESERVED_HEADERS } from "../../contracts/names.ts";
import { Secret } from "../../lib/secret.ts";
import { identify } from "./identify.ts";

/** Which headers it takes to know who somebody is. */
function headersRead(given: IncomingHttpHeaders): string[] {
  const read = new Set<string>();
  const headers = new Proxy(given, {
    get: (target, name) => {
      read.add(String(name));
      return target[String(name)];
    },
  });
  identify(headers, { mode: "proxy", edgeSecrets: [new Secret("edge-secret")] }, { emails: [], groups: [] });
  return [...read].toSorted();
}

describe("who somebody is", () => {
  const whole = { [EDGE_SECRET_HEADER]: "edge-secret", [IDENTITY_HEADERS.email]: "alice@example.org" };

  test("is read from the identity headers and the edge's secret, and from nothing else", () => {
    const known = [...Object.values(IDENTITY_HEADERS), EDGE_SECRET_HEADER].toSorted();
    expect(headersRead(whole)).toEqual(known);
    expect(headersRead({ ...whole, [EDGE_SECRET_HEADER]: "wrong" })).toEqual([EDGE_SECRET_HEADER]);
    for (const name of [...known, ADMIN_SECRET_HEADER]) expect(RESERVED_HEADERS).toContain(name);
  });
});
