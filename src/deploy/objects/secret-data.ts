import * as pulumi from "@pulumi/pulumi";

/**
 * The `data` of a Secret out of texts; what is undefined is left out. Not `stringData`: with server-side apply, a name that is
 * taken out of that stays in the cluster.
 */
export const secretData = (
  texts: Readonly<Record<string, pulumi.Input<string> | undefined>>,
): pulumi.Output<Record<string, string>> =>
  pulumi.secret(pulumi.all(given(texts))).apply((all) => mapped(all, (text) => Buffer.from(text).toString("base64")));

const given = <T>(texts: Readonly<Record<string, T | undefined>>): Record<string, T> =>
  Object.fromEntries(Object.entries(texts).filter((entry): entry is [string, T] => entry[1] !== undefined));

const mapped = (texts: Readonly<Record<string, string>>, by: (text: string) => string): Record<string, string> =>
  Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, by(text)]));
