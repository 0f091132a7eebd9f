import { expect, test } from "vitest";
import { isReservedVariable, SESSION_VARIABLES } from "./session-variables.ts";
import { secretNameProblem } from "./user-secret.ts";

const REFUSED =
  "PATH HOME SHELL USER LOGNAME PWD TMPDIR ENV IFS LD_PRELOAD LD_LIBRARY_PATH LD_ DYLD_INSERT_LIBRARIES NODE_OPTIONS " +
  "NODE_PATH NODE_EXTRA_CA_CERTS BUN_OPTIONS BASH_ENV BASH_FUNC_X XDG_CONFIG_HOME XDG_DATA_HOME GIT_CONFIG " +
  "GIT_CONFIG_COUNT GIT_CONFIG_KEY_0 GIT_SSH GIT_SSH_COMMAND GIT_EXEC_PATH GIT_DIR OPENCODE_CONFIG OPENCODE_SERVER_PASSWORD " +
  "OPENCODE_BIN SESSIOND_SOCKET SESSION_HASH SESSION_KEY_FILE LANG LC_ALL PYTHONPATH";

const ALLOWED =
  "NPM_TOKEN NODE_AUTH_TOKEN BUN_AUTH_TOKEN GITHUB_TOKEN GIT_TOKEN GIT_AUTHOR_NAME OPENROUTER_API_KEY DATABASE_URL A _ _A1 " +
  "SESSION_SECRET LDAP_PASSWORD HOMEPAGE PATHS USERNAME AWS_SECRET_ACCESS_KEY OPENCODER LCX BASHFUL";

test.each(REFUSED.split(" "))("%s cannot be a secret", (name) => {
  expect(isReservedVariable(name)).toBe(true);
  expect(secretNameProblem(name)).toMatch(new RegExp(`^${name} cannot be a secret: .*\\.$`));
});

test.each(ALLOWED.split(" "))("%s can be a secret", (name) => {
  expect(secretNameProblem(name)).toBeUndefined();
});

test("nothing that the platform sets can be a secret", () => {
  expect(SESSION_VARIABLES.filter((name) => secretNameProblem(name) === undefined)).toEqual([]);
});
