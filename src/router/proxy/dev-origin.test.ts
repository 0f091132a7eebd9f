import { expect, test } from "vitest";
import { devOrigin, publicLocation } from "./dev-origin.ts";

const at = { host: "5173-0123456789ab-oc.example.org:8443", proto: "https" };
const own = `https://${at.host}`;

test.each([
  [own, true, "http://localhost:5173"],
  [own.toUpperCase(), true, "http://localhost:5173"],
  [own, false, undefined],
  ["https://5173-0123456789ac-oc.example.org:8443", true, "https://5173-0123456789ac-oc.example.org:8443"],
  ["https://8080-0123456789ab-oc.example.org:8443", true, "https://8080-0123456789ab-oc.example.org:8443"],
  ["http://5173-0123456789ab-oc.example.org:8443", true, "http://5173-0123456789ab-oc.example.org:8443"],
  [`${own}.evil.test`, false, `${own}.evil.test`],
  ["https://evil.test", true, "https://evil.test"],
  ["null", true, "null"],
] as const)("Origin %s (upgrade: %s)", (origin, upgrade, told) => {
  expect(devOrigin(origin, { port: 5173, at, upgrade })).toBe(told);
});

test.each([
  ["http://localhost:5173/x?y=1#z", `${own}/x?y=1#z`],
  ["http://localhost:5173", own],
  ["HTTPS://LOCALHOST:5173/", `${own}/`],
  ["//127.0.0.1:5173/x", `${own}/x`],
  ["http://[::1]:5173/x", `${own}/x`],
  ["http://0.0.0.0:5173/x", `${own}/x`],
  ["http://localhost:8080/login", "https://8080-0123456789ab-oc.example.org:8443/login"],
  ["http://localhost:05173/x", `${own}/x`],
])("a redirect to %s leads to the browser's %s", (location, seen) => {
  expect(publicLocation(location, at)).toBe(seen);
});

test.each([
  "/x",
  "x?to=http://localhost:5173/",
  "https://id.example.net/?redirect_uri=http://localhost:5173/",
  "http://localhost/",
  "http://localhost:4096/",
  "http://localhost:80/",
  "http://localhost:99999/",
  "http://localhost:5173.evil.test/",
  "http://localhost:5173@evil.test/",
  "http://localhost.evil.test:5173/",
])("a redirect to %s stays as it is", (location) => {
  expect(publicLocation(location, at)).toBe(location);
});
