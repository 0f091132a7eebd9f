import { expect, test } from "vitest";
import { admit, parseTarget } from "./target.ts";

const running = { opencodePort: 41234, ownPorts: [41234, 41000] };
const starting = { opencodePort: undefined, ownPorts: [41234] };

test.each([
  ["opencode", running, { ok: true, to: "opencode", port: 41234 }],
  ["opencode", starting, { ok: false, status: 503 }],
  ["ide", running, { ok: false, status: 503 }],
  ["port:3000", starting, { ok: true, to: "dev-server", port: 3000 }],
  ["port:41234", running, { ok: false, status: 403 }],
  ["port:41000", running, { ok: false, status: 403 }],
  ["port:41234", starting, { ok: false, status: 403 }],
  ["port:4096", running, { ok: false, status: 403 }],
  ["port:4100", running, { ok: false, status: 403 }],
  ["port:9222", running, { ok: false, status: 403 }],
  ["port:1023", running, { ok: false, status: 403 }],
  ["port:65536", running, { ok: false, status: 403 }],
  ["port:03000", running, { ok: false, status: 400 }],
  ["port:3000 ", running, { ok: false, status: 400 }],
  ["example.org:443", running, { ok: false, status: 400 }],
  ["", running, { ok: false, status: 400 }],
] as const)("CONNECT %s", (authority, situation, expected) => {
  expect(admit(parseTarget(authority), situation)).toEqual(expected);
});
