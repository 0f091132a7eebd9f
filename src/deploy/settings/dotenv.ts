/**
 * `NAME=value` as the router reads it back (`parseEnv` of Node), whatever is in the value.
 * @returns undefined for the rare value that no quoting keeps as it is, such as one with all three quotes and a `#`
 */
export function dotenvLine(name: string, value: string): string | undefined {
  const quoted = quote(value);
  return quoted === undefined ? undefined : `${name}=${quoted}\n`;
}

function quote(value: string): string | undefined {
  const mark = ["'", "`"].find((one) => !value.includes(one));
  if (mark !== undefined) return `${mark}${value}${mark}`;
  // Within these, a backslash and an n become a new line.
  if (!value.includes('"') && !value.includes("\\n")) return `"${value}"`;
  // Without quotes, spaces at the ends are lost, and a comment begins at #.
  return /^["'`]|#/.test(value) || value !== value.trim() ? undefined : value;
}
