import fc from "fast-check";
import { describe, expect, test } from "vitest";
import table from "../../test/vectors/hosts.json" with { type: "json" };
import { isDevPort } from "./dev-ports.ts";
import { formatHost, grammarProblems, parseHost, portHostPattern, type Host, type HostGrammar } from "./hosts.ts";
import type { SessionHash } from "./session-hash.ts";

const grammars = table.grammars as Record<string, HostGrammar>;
const grammarNamed = (name: string): HostGrammar => {
  const grammar = grammars[name];
  if (!grammar) throw new Error(`no grammar ${name}`);
  return grammar;
};

describe("host vectors", () => {
  test("there are at least 60", () => expect(table.vectors.length).toBeGreaterThanOrEqual(60));
  test.each(table.vectors)("$why: $header", ({ grammar, header, host }) => {
    expect(parseHost(header, grammarNamed(grammar)) ?? null).toEqual(host);
  });
  test("no Host header", () => expect(parseHost(undefined, grammarNamed("team"))).toBeUndefined());
});

const hash = fc.stringMatching(/^[0-9a-f]{12}$/).map((text) => text as SessionHash);
const anyHost: fc.Arbitrary<Host> = fc.oneof(
  fc.constant({ kind: "main" } as const),
  hash.map((h) => ({ kind: "session", hash: h }) as const),
  hash.map((h) => ({ kind: "ide", hash: h }) as const),
  hash.map((h) => ({ kind: "attach", hash: h }) as const),
  fc
    .tuple(hash, fc.integer({ min: 1024, max: 65535 }).filter(isDevPort))
    .map(([h, port]) => ({ kind: "port", hash: h, port }) as const),
);

describe("host properties", () => {
  const all = fc.constantFrom(...Object.values(grammars));
  test("parse(format(x)) = x, whatever the case, the port and a trailing dot", () => {
    const port = fc.option(fc.integer({ min: 1, max: 65535 }), { nil: undefined });
    fc.assert(
      fc.property(fc.record({ host: anyHost, grammar: all, port, upper: fc.boolean(), dot: fc.boolean() }), (x) => {
        const name = formatHost(x.host, x.grammar) + (x.dot ? "." : "") + (x.port ? `:${x.port}` : "");
        expect(parseHost(x.upper ? name.toUpperCase() : name, x.grammar)).toEqual(x.host);
      }),
    );
  });
  test("what parses formats back to the same name", () => {
    const part = fc.constantFrom(
      "0123456789ab",
      "ide-",
      "attach-",
      "-oc",
      "5173-",
      "4096-",
      ".",
      "example.org",
      "a",
      "0",
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 7 }).map((parts) => parts.join("")),
        (name) => {
          const host = parseHost(name, grammarNamed("team"));
          if (host) expect(formatHost(host, grammarNamed("team"))).toBe(name);
        },
      ),
    );
  });
  test("no text makes it throw", () => {
    fc.assert(fc.property(fc.string(), all, (text, grammar) => void parseHost(text, grammar)));
  });
});

test("grammars that would be ambiguous are named", () => {
  const team = grammarNamed("team");
  expect(grammarProblems(team)).toEqual([]);
  expect(grammarProblems({ ...team, attachPrefix: "ide-" })).toHaveLength(1);
  expect(grammarProblems({ ...team, attachPrefix: "5173-" })).toHaveLength(1);
  expect(grammarProblems({ ...team, routeSuffix: "_oc" })).toHaveLength(1);
  expect(grammarProblems({ ...team, routeSuffix: `-${"x".repeat(60)}` })).toHaveLength(1);
});

test("the pattern of the port hosts becomes each of them", () => {
  const id = "0123456789ab" as SessionHash;
  for (const grammar of Object.values(grammars))
    for (const port of [1024, 5173, 65535])
      expect(portHostPattern(id, grammar).replace("{port}", String(port))).toBe(
        formatHost({ kind: "port", hash: id, port }, grammar),
      );
});
