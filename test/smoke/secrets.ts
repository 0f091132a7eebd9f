import { engineSays } from "./engine.ts";
import { Layers } from "./layers.ts";

/** What build secrets and tokens look like. The first is what `tools/build-image.sh` gives to npm as a secret. */
const SECRET_TEXT =
  /cafile=\/run\/build\/ca\.crt|_authToken=[\w-]{20}|\bgh[oprsu]_[A-Za-z0-9]{36}\b|\bsk-or-v1-[0-9a-f]{64}\b|\bgithub_pat_\w{36}|\bnpm_[A-Za-z0-9]{36}\b/g;
/** Where secrets are kept. */
const SECRET_FILE =
  /(^|\/)(\.npmrc|\.env(\.[^/]*)?|\.netrc|\.git-credentials|id_[a-z0-9]+|[^/]+\.key|run\/build\/.+|app\/data\/.*)$/;
/** Keys that packages publish for tests of their own. */
const PUBLISHED = /\/node_modules\/[^/]+\/test\/fixtures\//;
const SECRET_NAME = /KEY|TOKEN|SECRET|PASSWORD|(^|_)AUTH$/i;
const SECRET_ASSIGNED = /\w*(?:KEY|TOKEN|SECRET|PASSWORD)\w*=\S+/gi;

/** What is in a layer of the image, so that a search that does not find it has not searched. */
export interface Known {
  readonly text: RegExp;
  readonly path: string;
}

/** What looks like a secret in all layers, as text in files and as the path of one; and what is `known`. */
export async function secretsOfLayers(image: string, known: Known): Promise<Record<"texts" | "paths", string[]>> {
  await using layers = await Layers.of(image);
  const isSecret = (path: string) => SECRET_FILE.test(path) && !PUBLISHED.test(path);
  const paths = (await layers.paths()).filter((path) => path === known.path || isSecret(path));
  return { texts: await layers.search(SECRET_TEXT, known.text), paths };
}

/** What of the image's history looks like a secret, or like a variable of one with its value. */
export function secretsOfHistory(history: string): readonly string[] {
  return [SECRET_TEXT, SECRET_ASSIGNED].flatMap((pattern) => history.match(pattern) ?? []);
}

/** Variables of the image, as `NAME=value`. */
export const variablesOf = async (image: string): Promise<readonly string[]> =>
  JSON.parse(await engineSays("image", "inspect", "--format={{json .Config.Env}}", image)) as string[];

/** Those whose name or value says that they are secret. */
export const secretVariables = (variables: readonly string[]): readonly string[] =>
  variables.filter((line) => SECRET_NAME.test(line.split("=")[0] ?? "") || line.match(SECRET_TEXT) !== null);
