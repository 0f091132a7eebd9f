import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { examine, type Finding } from "../../src/deploy/doctor/check.ts";
import { foreignPlatform } from "../../src/deploy/doctor/platform.ts";
import { stages } from "../../src/deploy/doctor/stages.ts";
import { TIMING } from "../../src/deploy/doctor/timing.ts";
import { startProgram } from "../harness/program.ts";
import { freePorts } from "../harness/router.ts";
import type { Fault } from "../programs/faulty-edge.ts";
import { DOMAIN } from "./harness/edge.ts";
import { EdgePlace } from "./harness/place.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SILENCE_SECONDS = 3;
const CLUSTER_STAGES = ["cluster", "storage", "workloads", "network policies"];

let place: EdgePlace;
let token: string;
beforeAll(async () => {
  place = await EdgePlace.start();
  const answer = await place.api("POST", "/api/user/tokens", {
    body: { name: "doctor", scopes: ["read", "sessions"], expiresAt: new Date(Date.now() + 3_600_000).toISOString() },
  });
  ({ token } = answer.json<{ token: string }>());
});
afterAll(() => place?.[Symbol.asyncDispose]());

const platform = () => ({
  DOCTOR_URL: place.edge.url("", "/"),
  DOCTOR_CALLBACK_URL: place.edge.url("oauth", "/oauth2/callback"),
  DOCTOR_SESSION_DOMAIN: DOMAIN,
});

interface Circumstances {
  /** Which names its resolver knows; all by default. */
  readonly known?: (host: string) => boolean;
  /** Whether it may look at what only a person sees, which takes a while. */
  readonly withToken?: boolean;
}

/** What the doctor says of the edge on this port. */
async function diagnose(port: number, { known = () => true, withToken = false }: Circumstances): Promise<Finding[]> {
  const findings: Finding[] = [];
  const all = stages({
    platform: foreignPlatform(platform()),
    kubectl: () => Promise.reject(new Error("nobody asks the cluster")),
    resolve: async (host) => (known(host) ? ["127.0.0.1"] : []),
    address: { host: "127.0.0.1", port },
    signal: new AbortController().signal,
    token: withToken ? token : undefined,
    timing: { ...TIMING, eventMs: 3_000, silenceMs: SILENCE_SECONDS * 1000 },
  });
  for await (const finding of examine(all)) findings.push(finding);
  return findings.filter(({ stage }) => !CLUSTER_STAGES.includes(stage));
}

async function through(fault: Fault, circumstances: Circumstances = {}): Promise<Finding[]> {
  const [port = 0] = await freePorts(1);
  await using _edge = await startProgram("faulty-edge", [
    String(port),
    String(place.edge.ports.web),
    fault,
    place.alice,
  ]);
  return await diagnose(port, circumstances);
}

/** A session is deleted in the background. */
const nothingIsLeft = async (): Promise<void> => {
  const list = async () => (await place.api("GET", "/api/sessions")).json<{ sessions: unknown[] }>().sessions;
  await expect.poll(list, { timeout: 30_000 }).toEqual([]);
};

const told = (findings: readonly Finding[], state: Finding["state"]) =>
  findings.filter((finding) => finding.state === state).map(({ title, sentence }) => `${title}: ${sentence}`);

test("a sound edge is sound in every respect, and nothing of the examination is left", async () => {
  const findings = await through("none", { withToken: true });
  expect(findings.filter(({ state }) => state !== "ok")).toEqual([]);
  expect(findings.length).toBeGreaterThanOrEqual(20);
  await nothingIsLeft();
});

test("an identity that somebody claims and the edge believes is noticed at every door that it opens", async () => {
  const findings = told(await through("believes"), "failed");
  expect(findings).toHaveLength(4);
  for (const [index, door] of ["main", "session", "port", "ide"].entries())
    expect(findings[index]).toMatch(
      new RegExp(`^nobody .*: ${door} host: The ${door} host BELIEVES A FORGED IDENTITY`),
    );
});

test("an edge that asks nobody to sign in is noticed", async () => {
  const findings = told(await through("open"), "failed");
  expect(findings[0]).toMatch(/^a stranger who opens the main page .* shows its page without a sign-in \(200\)/);
  expect(findings[1]).toMatch(/^a stranger's request is refused: main host: The main host answers 200/);
  expect(findings[2]).toMatch(/^a stranger's request is refused: session host: The session host answers 404/);
});

test("a stream that is held back is noticed", async () => {
  expect(told(await through("buffers", { withToken: true }), "failed")).toEqual([
    expect.stringMatching(/^events come at once.*: No event within 3 s: something on the way BUFFERS streams/),
  ]);
});

test("a WebSocket that is cut is noticed, and its session is removed all the same", async () => {
  expect(told(await through("cuts", { withToken: true }), "failed")).toEqual([
    expect.stringMatching(/^a session starts.*: The WebSocket was closed \(\d+\) after [01]\.\d s of silence/),
  ]);
  await nothingIsLeft();
});

test("another callback than the one that the provider knows is noticed", async () => {
  expect(told(await through("callback"), "failed")).toEqual([
    expect.stringMatching(/^the provider is told the callback: .*\/callback, which should be .*\/oauth2\/callback/),
  ]);
});

test("names that lead nowhere are told with the records that they need", async () => {
  const findings = await diagnose(place.edge.ports.web, { known: (host) => !host.startsWith("attach-") });
  expect(told(findings, "failed")).toEqual([
    expect.stringMatching(/^a session's attach host .* does not resolve\. .*\*\.team\.test → where the edge is/),
  ]);
});

test("where nothing answers, the rest is skipped and not called sound", async () => {
  const [nobody = 0] = await freePorts(1);
  const findings = await diagnose(nobody, { withToken: true });
  const ofEdge = findings.filter(({ stage }) => stage !== "names");
  expect(new Set(ofEdge.map(({ stage, state }) => `${stage} ${state}`))).toEqual(
    new Set(["connection failed", "sign-in skipped", "identity skipped", "long connections skipped"]),
  );
  expect(ofEdge.at(-1)?.sentence).toBe(`"connection" has to be right first.`);
});

function makeDoctor(env: Readonly<Record<string, string>>): Promise<{ readonly code: number; readonly text: string }> {
  const { PATH = "", HOME = "" } = process.env;
  const options = { cwd: ROOT, env: { PATH, HOME, ...platform(), ...env } };
  return new Promise((resolve) => {
    execFile("make", ["--no-print-directory", "doctor"], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
  });
}

test("make doctor tells all of it, and what it could not look at", async () => {
  const address = `127.0.0.1:${place.edge.ports.web}`;
  const sound = await makeDoctor({ DOCTOR_ADDRESS: address });
  expect([sound.code, sound.text]).toEqual([0, expect.stringContaining("0 failed, 0 with a warning,")]);
  expect(sound.text).toContain("skipped  network policies are enforced\n           DOCTOR_CONTEXT names no cluster.");
  expect(sound.text).toContain("OPENCODE_ROUTER_TOKEN or OPENCODE_ROUTER_TOKEN_FILE has no token");
  const bad = await makeDoctor({
    DOCTOR_ADDRESS: address,
    OPENCODE_ROUTER_TOKEN: "ocr_of-nobody",
    DOCTOR_CALLBACK_URL: place.edge.url("oauth", "/other"),
  });
  expect(bad.code).not.toBe(0);
  expect(bad.text).toMatch(/FAILED {3}the callback is answered by the sign-in/);
  expect(bad.text).toMatch(/FAILED {3}events come at once.*\n.*answers 401: the token is not known/);
  expect(bad.text).not.toContain("ocr_of-nobody");
});
