import { operatorError } from "../operator-error.ts";
import type { ModelSettings } from "../settings/settings.ts";
import { chooseModels, type ModelsChoice } from "./choose.ts";
import { NoModels } from "./fault.ts";
import { fetchModels } from "./fetch.ts";
import { readSnapshot } from "./snapshot.ts";

/** Which models the stack's sessions get. @throws operatorError with the way out */
export async function modelsOfStack(settings: ModelSettings): Promise<ModelsChoice> {
  try {
    return await chooseModels(settings, { fetch: fetchModels, readSnapshot, now: Date.now });
  } catch (error) {
    throw error instanceof NoModels ? operatorError(error.message) : error;
  }
}
