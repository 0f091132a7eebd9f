/** What `pulumi up` runs: the configuration of the stack in, the platform, its outputs. */
import { readStack } from "./src/deploy/config.ts";
import { modelsOfStack } from "./src/deploy/models/of-stack.ts";
import { Platform } from "./src/deploy/platform.ts";

const settings = readStack();
const choice = await modelsOfStack(settings.models);
const platform = new Platform(settings.name, { settings, models: choice });

export const { url, callbackUrl, hosts, namespaces, models } = platform.outputs;
export const { dnsRecords, tunnelTarget, tunnelService } = platform.outputs;
