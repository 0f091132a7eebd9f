/** What `pulumi up` runs: the configuration of the stack in, the platform, its outputs. */
import { readStack } from "./src/deploy/config.ts";
import { modelsOfStack } from "./src/deploy/models/of-stack.ts";
import { Platform } from "./src/deploy/platform.ts";

const settings = readStack();
const choice = await modelsOfStack(settings.models);
const platform = new Platform(settings.name, { settings, models: choice });

// One object: as exports of their own, outputs that a stack does not have would be warnings of Pulumi.
export default platform.outputs;
