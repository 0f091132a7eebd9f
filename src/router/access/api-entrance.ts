import { API, type ApiEntrance, type ApiEntranceName } from "./table.ts";

export interface FoundEntrance {
  readonly name: ApiEntranceName;
  readonly entrance: ApiEntrance;
  /** The session that the path names, as it stands there. */
  readonly hash: string | undefined;
}

const PATTERNS = (Object.keys(API) as ApiEntranceName[]).map((name) => {
  const [method = "", path = ""] = name.split(" ");
  const source = path.replaceAll(".", "\\.").replaceAll(/\{(\w+)\}/g, "(?<$1>[^/]+)");
  return { name, method, pattern: new RegExp(`^${source}$`) };
});

/** The row of a request to the API, or undefined: what has no row does not exist. */
export function apiEntrance(method: string, url: string): FoundEntrance | undefined {
  const path = url.split("?", 1)[0] ?? "";
  const wanted = method === "HEAD" ? "GET" : method;
  for (const { name, method: allowed, pattern } of PATTERNS) {
    const match = allowed === wanted && pattern.exec(path);
    if (match) return { name, entrance: API[name], hash: match.groups?.["hash"] };
  }
  return undefined;
}

/** Those of the paths' methods that the table has: for a refusal that tells what would be possible. */
export function allowedMethods(url: string): string[] {
  const path = url.split("?", 1)[0] ?? "";
  return PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
}
