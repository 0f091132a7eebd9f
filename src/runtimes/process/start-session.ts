import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import type { Failure, StartStage } from "../../contracts/session.ts";
import type { SessionSpec } from "../runtime.ts";
import { awaitReady } from "./await-ready.ts";
import { type StepResult, explainClone, explainConfig, explainException, missingAgent } from "../explain-failure.ts";
import { runInitStep } from "./init-step.ts";
import type { Settings } from "./options.ts";
import { prepareFolder } from "./prepare-folder.ts";
import { type Env, baseEnv, cloneTokenEnv, configEnv, workspaceEnv } from "./session-env.ts";
import type { SessionFolder } from "./session-folder.ts";
import { type Sessiond, spawnSessiond } from "./sessiond-process.ts";

export interface StartContext {
  readonly settings: Settings;
  readonly spec: SessionSpec;
  readonly folder: SessionFolder;
  readonly signal: AbortSignal;
  readonly onStage: (stage: StartStage) => void;
}

export type StartOutcome =
  | { readonly ok: true; readonly sessiond: Sessiond }
  | { readonly ok: false; readonly failure: Failure };

const CONFIG_TIMEOUT_MS = 30_000;

/** All steps of a start. What it leaves running when it fails or is aborted is for the caller to end. @throws when aborted. */
export async function startSession(context: StartContext): Promise<StartOutcome> {
  try {
    return await takeSteps(context);
  } catch (cause) {
    context.signal.throwIfAborted();
    context.settings.log.error({ hash: context.spec.hash, err: cause }, "session start failed");
    return { ok: false, failure: explainException(cause) };
  }
}

async function takeSteps(context: StartContext): Promise<StartOutcome> {
  const { settings, spec, folder, signal, onStage } = context;
  if (!(await isExecutable(settings.opencodeBin))) return { ok: false, failure: missingAgent(settings.opencodeBin) };

  onStage("configuring");
  await prepareFolder(folder, spec, settings);
  const config = await step(context, "config.sh", { env: configEnv(settings, spec), timeoutMs: CONFIG_TIMEOUT_MS });
  if (config.code !== 0) return { ok: false, failure: explainConfig(config) };
  if (config.tail.length > 0) settings.log.warn({ hash: spec.hash, lines: config.tail }, "session configuration");

  onStage("cloning");
  const env = { ...workspaceEnv(spec), ...cloneTokenEnv(settings, spec) };
  const clone = await step(context, "workspace.sh", { env, timeoutMs: settings.cloneTimeoutMs });
  if (clone.code !== 0) return { ok: false, failure: explainClone(clone) };

  onStage("booting");
  signal.throwIfAborted();
  const sessiond = await spawnSessiond(settings, spec, folder);
  const { clock, startTimeoutMs: timeoutMs } = settings;
  const failure = await awaitReady({ folder, key: spec.sessionKey, sessiond, clock, timeoutMs, signal });
  return failure === undefined ? { ok: true, sessiond } : { ok: false, failure };
}

function step(context: StartContext, script: string, own: { env: Env; timeoutMs: number }): Promise<StepResult> {
  const { settings, spec, folder, signal } = context;
  return runInitStep({
    script: join(settings.initDir, script),
    env: { ...baseEnv(settings, spec, folder), ...own.env },
    cwd: folder.home,
    log: folder.initLog,
    timeoutMs: own.timeoutMs,
    signal,
  });
}

/** A bare name is looked up by sessiond along PATH. */
const isExecutable = (bin: string): Promise<boolean> =>
  isAbsolute(bin)
    ? access(bin, constants.X_OK).then(
        () => true,
        () => false,
      )
    : Promise.resolve(true);
