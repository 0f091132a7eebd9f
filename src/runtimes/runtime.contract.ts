import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Secret } from "../lib/secret.ts";
import {
  callOpencode,
  eventually,
  lasting,
  settled,
  startAndWait,
  type Call,
  type RuntimeFixture,
} from "./contract-steps.ts";
import type { Observed, SessionSpec } from "./runtime.ts";

/** A runtime with a real sessiond and a real opencode, and what a test must do and see beside it. */
/** What every runtime does, with real programs. */
export function runtimeContract(name: string, factory: () => Promise<RuntimeFixture>): void {
  describe(`runtime contract: ${name}`, () => {
    let fixture: RuntimeFixture;
    beforeEach(async () => void (fixture = await factory()));
    afterEach(() => fixture[Symbol.asyncDispose]());

    const callOf = (spec: SessionSpec, runtime = fixture.runtime): Call => ({
      runtime,
      hash: spec.hash,
      key: spec.sessionKey,
    });
    const healthOf = async (call: Call) => (await callOpencode(call, "/global/health")).status;

    test("starts, is reached by its door, stops; start and stop may be repeated", async () => {
      const { runtime } = fixture;
      const spec = fixture.spec();
      const phases = new Set<string>();
      using _listening = runtime.onChange((hash) => void phases.add(`${hash} ${phaseOf(runtime.observe(hash))}`));

      expect(runtime.observe(spec.hash)).toEqual({ phase: "absent" });
      runtime.start(spec);
      runtime.start(spec);
      expect(runtime.observe(spec.hash).phase).toBe("starting");
      expect(await settled(runtime, spec.hash)).toEqual({ phase: "running" });
      expect(await healthOf(callOf(spec))).toBe(200);

      const before = await fixture.processes(spec.hash);
      runtime.start(spec);
      expect(runtime.observe(spec.hash)).toEqual({ phase: "running" });
      expect(await fixture.processes(spec.hash)).toEqual(before);

      await runtime.stop(spec.hash);
      expect(runtime.observe(spec.hash)).toEqual({ phase: "absent" });
      expect(await fixture.processes(spec.hash)).toEqual([]);
      await expect(runtime.connect(spec.hash)).rejects.toThrow();
      await runtime.stop(spec.hash);

      for (const phase of [
        "starting configuring",
        "starting cloning",
        "starting booting",
        "running",
        "stopping",
        "absent",
      ]) {
        expect([...phases]).toContain(`${spec.hash} ${phase}`);
      }
    });

    test("a resume keeps files; remove leaves nothing", async () => {
      const { runtime } = fixture;
      const spec = fixture.spec();
      await startAndWait(runtime, spec);
      await callOpencode(callOf(spec), "/pty", { command: "/bin/sh", args: ["-c", "echo kept >kept.txt"] });
      const read = async () => (await callOpencode(callOf(spec), "/file/content?path=kept.txt")).text;
      await eventually("the file is there", async () => ((await read()).includes("kept") ? true : undefined));
      await runtime.stop(spec.hash);
      await startAndWait(runtime, spec);
      expect(await read()).toContain("kept");

      await runtime.remove(spec.hash);
      expect(runtime.observe(spec.hash)).toEqual({ phase: "absent" });
      expect(await fixture.processes(spec.hash)).toEqual([]);
      expect(await fixture.remains(spec.hash)).toEqual([]);
      await runtime.remove(spec.hash);
    });

    test("opencode has its owner's secrets, new ones after a restart, and none in the place of the platform's", async () => {
      const { runtime } = fixture;
      const secretsOf = (token: string) => ({
        MY_TOKEN: new Secret(token),
        HOME: new Secret("/elsewhere"),
        OPENCODE_SERVER_PASSWORD: new Secret("guessed"),
      });
      const odd = `it's "$(id)" ąę 🦦`;
      const spec = fixture.spec({ secrets: secretsOf(odd) });
      const seen = async (file: string) => {
        const script = `printf '%s|%s' "$MY_TOKEN" "$HOME" >${file}.part && mv ${file}.part ${file}`;
        expect((await callOpencode(callOf(spec), "/pty", { command: "/bin/sh", args: ["-c", script] })).status).toBe(
          200,
        );
        return eventually(file, async () => {
          const { text } = await callOpencode(callOf(spec), `/file/content?path=${file}`);
          const { content } = JSON.parse(text) as { content?: string };
          return content ? content.split("|") : undefined;
        });
      };
      await startAndWait(runtime, spec);
      const [token, home] = await seen("first.txt");
      expect(token).toBe(odd);
      expect(home).toMatch(/^\/(?!elsewhere)/);

      // A spec without them, as of another person, has none of them; neither does the next start of this one.
      await runtime.stop(spec.hash);
      await startAndWait(runtime, { ...spec, secrets: secretsOf("the second value") });
      expect(await seen("second.txt")).toEqual(["the second value", home]);
      await runtime.stop(spec.hash);
      await startAndWait(runtime, { ...spec, secrets: {} });
      expect(await seen("third.txt")).toEqual(["", home]);
    });

    test.each(["configuring", "cloning", "booting"])("a stop while %s ends the start", async (stage) => {
      const { runtime } = fixture;
      const spec = fixture.spec();
      // Asked by the listener itself: a stage may last only some milliseconds.
      const stopped = new Promise<void>((resolve, reject) => {
        runtime.onChange(() => {
          if (phaseOf(runtime.observe(spec.hash)) === `starting ${stage}`)
            runtime.stop(spec.hash).then(resolve, reject);
        });
      });
      runtime.start(spec);
      await stopped;
      expect(runtime.observe(spec.hash)).toEqual({ phase: "absent" });
      expect(await fixture.processes(spec.hash)).toEqual([]);
    });

    test("a start right after a stop waits for the old processes, and wins", async () => {
      const { runtime } = fixture;
      const spec = fixture.spec();
      await startAndWait(runtime, spec);
      const old = new Set(await fixture.processes(spec.hash));
      const stopped = runtime.stop(spec.hash);
      runtime.start(spec);
      await stopped;
      expect((await fixture.processes(spec.hash)).filter((process) => old.has(process))).toEqual([]);
      expect(await settled(runtime, spec.hash)).toEqual({ phase: "running" });
      expect(await healthOf(callOf(spec))).toBe(200);
    });

    test("a sessiond that is killed is noticed, and nothing of the session goes on", async () => {
      const { runtime } = fixture;
      const spec = fixture.spec();
      await startAndWait(runtime, spec);
      await fixture.killSessiond(spec.hash);
      const observed = await eventually("noticed", () => failedOf(runtime.observe(spec.hash)));
      expect(observed.failure.reason).toBe("sessiond_crashed");
      expect(await fixture.processes(spec.hash)).toEqual([]);
      await startAndWait(runtime, spec);
    });

    test("a clone that fails says why and leaves nothing running", async () => {
      const { runtime } = fixture;
      const spec = fixture.spec({
        repoUrl: "http://user:pa55word@127.0.0.1:9/none.git",
        branch: "b",
        sourceBranch: "main",
      });
      runtime.start(spec);
      const observed = await settled(runtime, spec.hash);
      expect(observed).toMatchObject({ phase: "failed", failure: { reason: "clone_failed" } });
      expect(JSON.stringify(observed)).toMatch(/127\.0\.0\.1/);
      expect(JSON.stringify(observed)).not.toContain("pa55word");
      expect(await fixture.processes(spec.hash)).toEqual([]);
      await runtime.stop(spec.hash);
      expect(runtime.observe(spec.hash)).toEqual({ phase: "absent" });
    });

    test("an opencode that does not start says why and leaves nothing running", async () => {
      await fixture.breakAgent();
      const { runtime } = fixture;
      const spec = fixture.spec();
      const seen = new Set<string>();
      using _watching = runtime.onChange((hash) => hash === spec.hash && seen.add(runtime.observe(hash).phase));
      runtime.start(spec);
      expect(await settled(runtime, spec.hash)).toMatchObject({
        phase: "failed",
        failure: { reason: "agent_crashed" },
      });
      expect(await fixture.processes(spec.hash)).toEqual([]);
      // Whoever saw that for a moment would start it anew, and the failure would count for nothing.
      expect([...seen]).not.toContain("absent");
    });

    test("a runtime that takes over adopts what it knows and ends the rest", async () => {
      const [known, unknown] = [fixture.spec(), fixture.spec()];
      await Promise.all([startAndWait(fixture.runtime, known), startAndWait(fixture.runtime, unknown)]);
      const before = await lasting(fixture, known.hash);
      const remains = await fixture.remains(unknown.hash);

      const next = await fixture.replaceRuntime();
      await next.adopt([known, fixture.spec()]);
      expect(next.observe(known.hash)).toEqual({ phase: "running" });
      expect(await lasting(fixture, known.hash)).toEqual(before);
      expect(await healthOf(callOf(known, next))).toBe(200);
      expect(next.observe(unknown.hash)).toEqual({ phase: "absent" });
      expect(await fixture.processes(unknown.hash)).toEqual([]);
      expect(remains.length).toBeGreaterThan(0);
      expect(await fixture.remains(unknown.hash)).not.toEqual([]);

      await fixture.killSessiond(known.hash);
      await eventually("noticed", () => failedOf(next.observe(known.hash)));
      expect(await fixture.processes(known.hash)).toEqual([]);
    });

    test("a runtime that takes over during a start goes on with it or lets it start again", async () => {
      const spec = fixture.spec();
      fixture.runtime.start(spec);
      await eventually("booting", () =>
        phaseOf(fixture.runtime.observe(spec.hash)) === "starting booting" ? true : undefined,
      );
      const next = await fixture.replaceRuntime();
      await next.adopt([spec]);
      next.start(spec);
      expect(await settled(next, spec.hash)).toEqual({ phase: "running" });
      expect(await healthOf(callOf(spec, next))).toBe(200);
      await next.stop(spec.hash);
      expect(await fixture.processes(spec.hash)).toEqual([]);
    });

    test("whatever the agent started ends with the session", async () => {
      const { runtime } = fixture;
      const spec = fixture.spec();
      await startAndWait(runtime, spec);
      const script = "setsid sleep 6001 & env -i setsid sleep 6002 & sleep 6003";
      await callOpencode(callOf(spec), "/pty", { command: "/bin/sh", args: ["-c", script] });
      const sleeping = async () =>
        (await fixture.processes(spec.hash)).filter((line) => /^\d+ sleep 600\d/.test(line)).length;
      await eventually("all three sleep", async () => ((await sleeping()) === 3 ? true : undefined));
      await runtime.stop(spec.hash);
      expect(await fixture.processes(spec.hash)).toEqual([]);
    });

    test("close ends every session, or leaves every session to others; twice if asked", async () => {
      const { runtime, sessionsEndWithRuntime } = fixture;
      const [one, two] = [fixture.spec(), fixture.spec()];
      await startAndWait(runtime, one);
      runtime.start(two);
      await Promise.all([runtime.close(), runtime.close()]);
      await runtime.close();
      if (!sessionsEndWithRuntime) {
        const next = await fixture.replaceRuntime();
        await next.adopt([one, two]);
        expect(next.observe(one.hash)).toEqual({ phase: "running" });
        return;
      }
      runtime.start(one);
      expect(runtime.observe(one.hash)).toEqual({ phase: "absent" });
      expect([...(await fixture.processes(one.hash)), ...(await fixture.processes(two.hash))]).toEqual([]);
    });
  });
}

const phaseOf = (observed: Observed): string =>
  observed.phase === "starting" ? `starting ${observed.stage}` : observed.phase;

const failedOf = (observed: Observed) => (observed.phase === "failed" ? observed : undefined);
