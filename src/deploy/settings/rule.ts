import type { KeyName, KeyValues } from "./keys.ts";

/** What no key can see alone. Asked only when all the keys that it looks at could be read. */
export interface Rule {
  readonly problems: (values: Partial<KeyValues>) => readonly string[];
}

/** `false` stands for: nothing wrong. Each sentence starts with the key that has to change. */
export const rule = <K extends KeyName>(
  looksAt: readonly K[],
  check: (values: Pick<KeyValues, K>) => readonly (string | false)[],
): Rule => ({
  problems: (values) =>
    looksAt.every((name) => Object.hasOwn(values, name))
      ? check(values as Pick<KeyValues, K>).filter((sentence) => sentence !== false)
      : [],
});
