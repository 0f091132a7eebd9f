import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";
import { operatorError } from "./operator-error.ts";
import { readSettings, SettingsError } from "./settings/read-settings.ts";
import type { Settings } from "./settings/settings.ts";

/** Which keys are secrets is told to programs here only. */
const SECRET_KEYS = "PULUMI_CONFIG_SECRET_KEYS";

/** The stack's configuration. @throws operatorError with every problem at once */
export function readStack(env: NodeJS.ProcessEnv = process.env): Settings {
  const secretKeys = z.array(z.string()).parse(JSON.parse(env[SECRET_KEYS] || "[]"));
  try {
    return readSettings(pulumi.runtime.allConfig(), new Set(secretKeys));
  } catch (error) {
    throw error instanceof SettingsError ? operatorError(error.message) : error;
  }
}
