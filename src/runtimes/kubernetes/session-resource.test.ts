import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { mergePatch } from "../../../test/harness/merge-patch.ts";
import { sampleSession } from "../../../test/harness/sample-session.ts";
import type { Email } from "../../contracts/email.ts";
import { FAILURE_REASONS, SESSION_STATES } from "../../contracts/session.ts";
import type { SessionHash } from "../../contracts/session-hash.ts";
import type { SessionPatch, SessionRecord } from "../../sessions/store.ts";
import { clipText, storableText } from "./clip-text.ts";
import type { SessionResource } from "./objects.ts";
import { newResource, patchesOf, recordOf, shortened } from "./session-resource.ts";

const orNull = <T>(values: fc.Arbitrary<T>) => fc.option(values, { nil: null });
/** Well-formed and without NUL: what stays as it is. */
const text = (maxLength: number) => fc.string({ unit: "grapheme", maxLength }).map(storableText);
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });

const changeable = {
  failure: orNull(fc.record({ reason: fc.constantFrom(...FAILURE_REASONS), message: text(100) })),
  failedStarts: fc.nat({ max: 9 }),
  title: orNull(text(50)),
  description: orNull(text(50)),
  conversation: orNull(fc.record({ id: text(50), directory: text(50) })),
  attachNonce: fc.string({ minLength: 1, maxLength: 30, unit: fc.constantFrom(..."abcXYZ019-_") }),
  lastActivity: time,
  desired: fc.constantFrom("running", "stopped"),
} satisfies { [K in keyof SessionPatch]: fc.Arbitrary<SessionRecord[K]> };

/** The first message and whether it was given change together. */
const message = { initialMessage: orNull(text(200)), initialMessageDone: fc.boolean() };

const repository = fc.oneof(
  fc.constant({ repoUrl: null, branch: null, sourceBranch: null }),
  fc.record({ repoUrl: text(100), branch: text(100), sourceBranch: text(100) }),
);
const records: fc.Arbitrary<SessionRecord> = fc
  .tuple(repository, fc.record({ ...changeable, ...message, createdAt: time }))
  .map(([choice, rest]) => sampleSession({ ...choice, ...rest }));
const patches: fc.Arbitrary<SessionPatch> = fc
  .tuple(fc.record(changeable, { requiredKeys: [] }), fc.oneof(fc.constant({}), fc.record(message)))
  .map(([fields, first]) => ({ ...fields, ...first }));

const resource = (overrides: Partial<SessionRecord> = {}) => newResource(sampleSession(overrides));

describe("a session's resource", () => {
  test("is the record again when it is read", () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(recordOf(newResource(record))).toEqual(record);
      }),
    );
  });

  test("patched, is the record with the change", () => {
    fc.assert(
      fc.property(records, patches, (record, patch) => {
        const { spec = {}, status = {} } = patchesOf(patch);
        const patched = mergePatch(newResource(record), { spec, status }) as SessionResource;
        expect(recordOf(patched)).toEqual({ ...record, ...patch });
      }),
    );
  });

  test("of a new session has no status, which a create would lose", () => {
    const now = 1_790_000_000_123;
    const fresh = sampleSession({ createdAt: now, lastActivity: now });
    expect(newResource(fresh)).not.toHaveProperty("status");
    expect(newResource({ ...fresh, initialMessage: null, initialMessageDone: true })).not.toHaveProperty("status");
  });

  test("carries the names by which people and controllers find it", () => {
    const { metadata } = resource();
    expect(metadata).toEqual({
      name: "0123456789ab",
      labels: {
        "app.kubernetes.io/name": "opencode-session",
        "app.kubernetes.io/component": "session",
        "app.kubernetes.io/managed-by": "opencode-router",
        "app.kubernetes.io/part-of": "opencode-router",
        "opencode-router.dev/session": "0123456789ab",
      },
    });
  });

  test("made by hand is a session too", () => {
    const made: SessionResource = {
      apiVersion: "opencode-router.dev/v1alpha1",
      kind: "Session",
      metadata: { name: "0123456789ab", uid: "uid-1", creationTimestamp: new Date(5_000) },
      spec: { hash: "0123456789ab", owner: "alice@example.org", desired: "stopped" },
    };
    const blank = { repoUrl: null, branch: null, sourceBranch: null, initialMessage: null, initialMessageDone: true };
    const rest = { desired: "stopped", attachNonce: "uid-1", createdAt: 5_000, lastActivity: 5_000 } as const;
    expect(recordOf(made)).toEqual(sampleSession({ ...blank, ...rest }));
  });

  test("that is going away is wanted gone, whatever it wants", () => {
    const { metadata, ...rest } = resource();
    const going = { ...rest, metadata: { ...metadata, deletionTimestamp: new Date() } };
    expect(recordOf(going)?.desired).toBe("deleted");
  });

  test("that names no session is none", () => {
    expect(recordOf({ ...resource(), metadata: { name: "x" } })).toBeUndefined();
    expect(recordOf(resource({ owner: "nobody" as Email }))).toBeUndefined();
    expect(recordOf(resource({ hash: "0123456789AB" as SessionHash }))).toBeUndefined();
  });
});

describe("a change", () => {
  test("that counts a failure is guarded; a wish that sets the count back, and everything else, is not", () => {
    expect(patchesOf({ failedStarts: 1 }).guarded).toBe(true);
    expect(patchesOf({ failure: { reason: "timeout", message: "" } }).guarded).toBe(true);
    expect(patchesOf({ desired: "running", failure: null, failedStarts: 0 }).guarded).toBe(false);
    expect(patchesOf({ title: "x", lastActivity: 1 }).guarded).toBe(false);
  });

  test("goes to the part that it belongs to, and no other", () => {
    expect(patchesOf({})).toEqual({ guarded: false });
    expect(patchesOf({ desired: "stopped" })).toEqual({ spec: { desired: "stopped" }, guarded: false });
    expect(patchesOf({ failedStarts: 0, title: null })).toEqual({
      status: { failedStarts: null, title: null },
      guarded: true,
    });
    expect(patchesOf({ desired: "deleted" })).toEqual({ delete: true, guarded: false });
    expect(patchesOf({ seen: null })).toEqual({ guarded: false });
  });
});

describe("long texts", () => {
  const long = "<žluťoučký kůň>\n".repeat(40_000);

  test("of a first message stay whole until it was given, then keep their beginning", () => {
    const waiting = resource({ initialMessage: long });
    expect(recordOf(waiting)?.initialMessage).toBe(long);
    expect(shortened(waiting)).toBeUndefined();
    const { initialMessage } = shortened(resource({ initialMessage: long, initialMessageDone: true })) ?? {};
    expect(long.startsWith(initialMessage?.slice(0, -1) ?? "?")).toBe(true);
    expect(initialMessage).toMatch(/.{10}…$/);
    expect(shortened(resource({ initialMessageDone: true }))).toBeUndefined();
  });

  test("show that they were cut", () => {
    const failure = { reason: "timeout", message: long } as const;
    const record = recordOf(resource({ title: long, description: long, failure }));
    for (const cut of [record?.title, record?.description, record?.failure?.message]) expect(cut).toMatch(/^<ž.*…$/su);
  });

  test("leave a session within 20 KB", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", minLength: 1, maxLength: 20 }), (unit) => {
        const hostile = unit.repeat(5_000);
        const full = resource({
          repoUrl: `https://example.org/${"r".repeat(2_028)}`,
          branch: "b".repeat(240),
          sourceBranch: "s".repeat(240),
          initialMessage: hostile,
          initialMessageDone: true,
          failure: { reason: "sessiond_crashed", message: hostile },
          title: hostile,
          description: hostile,
          conversation: { id: "i".repeat(200), directory: `/${"d".repeat(4_095)}` },
        });
        const stored = { ...full, spec: { ...full.spec, ...shortened(full) } };
        const asServerWrites = JSON.stringify(stored).replaceAll(/[<>&]/g, "------");
        // The state repeats the failure's message, and the server keeps its own notes.
        expect(Buffer.byteLength(asServerWrites) + 2_048).toBeLessThan(18_000);
      }),
      { numRuns: 50 },
    );
  });

  test("lose no half of a character", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.integer({ min: 3, max: 40 }), (value, maxBytes) => {
        const clipped = clipText(value, maxBytes);
        expect(clipped).not.toMatch(/[\p{Cs}\0]/u);
        expect(Buffer.byteLength(clipped)).toBeLessThanOrEqual(maxBytes);
      }),
    );
    expect(clipText("a\0b\uD800c", 100)).toBe("a\uFFFDb\uFFFDc");
  });
});

describe("the validation of the kind", () => {
  const file = new URL("../../deploy/crds/session.yaml", import.meta.url);
  const definition = parse(readFileSync(file, "utf8")) as {
    spec: { versions: [{ schema: { openAPIV3Schema: Schema } }] };
  };
  interface Schema {
    readonly properties: Record<string, Schema>;
    readonly enum?: readonly string[];
  }
  const { status } = definition.spec.versions[0].schema.openAPIV3Schema.properties;

  test("knows every state and every reason", () => {
    expect(status?.properties["state"]?.enum).toEqual(SESSION_STATES);
    expect(status?.properties["failure"]?.properties["reason"]?.enum).toEqual(FAILURE_REASONS);
  });
});
