/** The people and repositories of the local GitHub. */

export interface Repository {
  readonly fullName: string;
  readonly private: boolean;
  readonly branches: readonly string[];
  readonly description: string | null;
  readonly pushedAt: string | null;
}

const numbered = (count: number, name: (digits: string) => string): string[] =>
  Array.from({ length: count }, (_, index) => name(String(index).padStart(3, "0")));

/** Its name on the web site is `acme/shop`; it was `acme/store` once. */
export const SHOP: Repository = {
  fullName: "acme/shop",
  private: true,
  branches: ["trunk", ...numbered(229, (digits) => `feature/${digits}`)],
  description: "Where things are sold",
  pushedAt: "2026-03-01T00:00:00Z",
};

const EMPTY: Repository = { fullName: "ada/Empty", private: false, branches: [], description: null, pushedAt: null };

const OF_ADA: readonly Repository[] = [
  ...numbered(248, (digits) => `ada/tool-${digits}`).map((fullName, index) => ({
    fullName,
    private: false,
    branches: ["main"],
    description: null,
    // Long before the others, the higher number later.
    pushedAt: new Date(Date.UTC(2025, 0, 1) + index * 60_000).toISOString().replace(".000", ""),
  })),
  SHOP,
  EMPTY,
];

/** Whose token it is, and what they see: Ada 250 repositories, Grace one. */
export const ACCOUNTS: ReadonlyMap<string, readonly Repository[]> = new Map([
  ["gho_ada", OF_ADA],
  ["gho_ada_renewed", OF_ADA],
  ["gho_grace", [{ ...SHOP, fullName: "grace/compiler", private: false, branches: ["main"] }]],
]);
