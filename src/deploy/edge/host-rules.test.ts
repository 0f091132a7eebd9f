import fc from "fast-check";
import { describe, expect, test } from "vitest";
import table from "../../../test/vectors/hosts.json" with { type: "json" };
import { isDevPort } from "../../contracts/dev-ports.ts";
import { parseHost, type Host, type HostGrammar } from "../../contracts/hosts.ts";
import { devPortPattern } from "./dev-port-pattern.ts";
import { hostPattern, hostRule } from "./host-rules.ts";

const grammars = table.grammars as Record<string, HostGrammar>;
const KINDS = ["session", "port", "ide", "attach"] as const;

/** The name that Traefik looks at: lower case, without what stands behind the last colon, whatever it is. */
const canonical = (header: string): string =>
  header
    .trim()
    .toLowerCase()
    .replace(/^([^:]*):[^:]*$/, "$1");

/** Which kinds' patterns a host fits. */
const kindsOf = (header: string, grammar: HostGrammar): Host["kind"][] => [
  ...(canonical(header).replace(/\.$/, "") === grammar.mainHost ? (["main"] as const) : []),
  ...KINDS.filter((kind) => new RegExp(hostPattern([kind], grammar)).test(canonical(header))),
];

/** Traefik does not look at the port; the router refuses what is none, and a space that no client can send. */
const ROUTER_IS_STRICTER = [
  "code.example.org:http",
  "code.example.org:123456",
  " 0123456789ab-oc.example.org",
  "code.example.org ",
];

describe("the rules of the edge and the parser of the router", () => {
  test("read the same hosts of the table", () => {
    expect(table.vectors.length).toBeGreaterThan(90);
    for (const { grammar: name, header, host } of table.vectors) {
      if (ROUTER_IS_STRICTER.includes(header)) continue;
      expect([header, kindsOf(header, grammars[name]!)]).toEqual([header, host ? [host.kind] : []]);
    }
  });

  test("read the same hosts of any shape", () => {
    const part = fc.constantFrom(
      "0123456789ab",
      "-oc",
      "attach-",
      "tty-",
      "ide-",
      "5173-",
      "4096-",
      "0",
      ".",
      "-",
      "a",
    );
    const end = fc.constantFrom(".example.org", ".s.example.net", ".localhost", "example.org", ".exampleXorg", "");
    const header = fc.tuple(fc.array(part, { maxLength: 5 }), end, fc.constantFrom("", ".", ":80"));
    const sample = { header, grammar: fc.constantFrom(...Object.values(grammars)) };
    fc.assert(
      fc.property(fc.record(sample), ({ header: [parts, domain, tail], grammar }) => {
        const text = parts.join("") + domain + tail;
        const host = parseHost(text, grammar);
        expect(kindsOf(text, grammar)).toEqual(host ? [host.kind] : []);
      }),
      { numRuns: 3_000 },
    );
  });

  test("read the same ports", () => {
    const pattern = new RegExp(`^${devPortPattern()}$`);
    const wrong = Array.from({ length: 100_000 }, (_, port) => port).filter(
      (port) => pattern.test(String(port)) !== isDevPort(port),
    );
    expect(wrong).toEqual([]);
  });
});

test("a rule is anchored, escapes the domain, and has nothing that Go's expressions lack", () => {
  const rule = hostRule(["session", "ide", "port"], grammars["team"]!);
  expect(rule).toMatch(/^HostRegexp\(`\^.*\\\.example\\\.org\)\\\.\?\$`\)$/);
  expect(rule).not.toMatch(/\(\?[=!<]|\\[1-9]/);
});
