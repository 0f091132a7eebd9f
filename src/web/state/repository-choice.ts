import type { Repository } from "../api.ts";

/** So many fit into a list that is looked through; whoever seeks another types more of its name. */
const MAX_OFFERED = 50;

/** Repositories to offer for what is typed: an address, a part of one, or a part of a name. In their given order. */
export function offered(repositories: readonly Repository[], typed: string): readonly Repository[] {
  const wanted = plain(typed);
  return repositories.filter((one) => plain(one.url).includes(wanted)).slice(0, MAX_OFFERED);
}

/** The repository at this address, if it is one of these. */
export const repositoryAt = (repositories: readonly Repository[], address: string): Repository | undefined =>
  repositories.find((one) => plain(one.url) === plain(address));

/** Addresses that lead to the same repository are written alike. */
const plain = (address: string): string =>
  address
    .trim()
    .toLowerCase()
    .replace(/(\.git)?\/*$/, "");
