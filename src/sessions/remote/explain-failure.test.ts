import { expect, test } from "vitest";
import { explainFailure } from "./explain-failure.ts";
import { needsCredentials } from "./remote-result.ts";

test.each([
  ["fatal: could not read Username for 'https://h': terminal prompts disabled", "remote_refused", /credentials/],
  ["fatal: Authentication failed for 'https://h/x'", "remote_refused", /credentials/],
  [
    "git@h: Permission denied (publickey).\nfatal: Could not read from remote repository.",
    "remote_refused",
    /credentials/,
  ],
  ["fatal: repository 'https://h/x/' not found", "remote_refused", /no git repository/],
  ["fatal: '/x' does not appear to be a git repository", "remote_refused", /no git repository/],
  ["fatal: unable to access 'https://h/': Could not resolve host: h", "remote_unreachable", /cannot be reached/],
  [
    "ssh: connect to host 1.1.1.1 port 22: Connection refused\nfatal: Could not read",
    "remote_unreachable",
    /cannot be reached/,
  ],
  ["fatal: unable to access 'https://h/': server certificate verification failed", "remote_unreachable", /certificate/],
  ["Host key verification failed.\nfatal: Could not read from remote repository.", "remote_refused", /ssh key/],
  ["error: cannot run ssh: No such file or directory", "remote_unreachable", /ssh is not installed/],
  ["fatal: detected dubious ownership in repository at '/x'", "remote_refused", /another user/],
  ["something t0ken else", "remote_refused", /^h did not list the branches/],
])("%j", (stderr, code, says) => {
  expect(explainFailure(stderr, "h", needsCredentials("h"))).toEqual({
    ok: false,
    code,
    message: expect.stringMatching(says),
  });
});
