/** What `pulumi up` runs: the configuration of the stack in, the platform, its outputs. */
import { readStack } from "./src/deploy/config.ts";
import { chooseModels } from "./src/deploy/models/choose.ts";
import { fetchModels } from "./src/deploy/models/fetch.ts";
import { readSnapshot } from "./src/deploy/models/snapshot.ts";
import { Platform } from "./src/deploy/platform.ts";

const settings = readStack();
const choice = await chooseModels(settings.models, { fetch: fetchModels, readSnapshot, now: Date.now });
const platform = new Platform(settings.name, { settings, models: choice });

export const { url, callbackUrl, hosts, namespaces, models } = platform.outputs;
export const { dnsRecords, tunnelTarget, tunnelService } = platform.outputs;
