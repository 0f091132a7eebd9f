import { createEffect, createMemo, createSignal, on, onCleanup } from "solid-js";
import type { Accessor } from "solid-js";
import { getBranches, getRepositories } from "./api.ts";
import type { Repository } from "./api.ts";
import type { NewSessionForm } from "./new-session-form.ts";
import { offered, repositoryAt } from "./state/repository-choice.ts";

/** What the form offers to somebody whose GitHub is known; to all others nothing, without a word. */
export interface RepositoryChoice {
  readonly repositories: Accessor<readonly Repository[]>;
  readonly branches: Accessor<readonly string[]>;
}

export function createRepositoryChoice({ form, tell }: NewSessionForm): RepositoryChoice {
  const [own, setOwn] = createSignal<readonly Repository[]>([]);
  const [branches, setBranches] = createSignal<readonly string[]>([]);
  const leaving = new AbortController();
  onCleanup(() => leaving.abort());
  void getRepositories(leaving.signal).then((answer) => answer.ok && setOwn(answer.value.repos));

  const chosen = createMemo(() => repositoryAt(own(), form().repoUrl));
  createEffect(
    on(chosen, (repository) => {
      setBranches([]);
      if (!repository) return;
      tell({ do: "default-branch", branch: repository.defaultBranch });
      const abort = new AbortController();
      onCleanup(() => abort.abort());
      void getBranches(repository.fullName, abort.signal).then(
        (answer) => answer.ok && !abort.signal.aborted && setBranches(answer.value.branches),
      );
    }),
  );
  return { repositories: () => offered(own(), form().repoUrl), branches };
}
