import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const config = fileURLToPath(new URL("../../images/opencode/rootfs/defaults/gitconfig", import.meta.url));
const TOKEN = "gho_$(touch pwned)'\"%s\\n";

function ask(protocol: string, host: string, env: Record<string, string>): string {
  const { stdout } = spawnSync("git", ["credential", "fill"], {
    env: { PATH: "/usr/bin:/bin", HOME: "/", GIT_CONFIG_SYSTEM: config, GIT_TERMINAL_PROMPT: "0", ...env },
    input: `protocol=${protocol}\nhost=${host}\n\n`,
    encoding: "utf8",
    timeout: 30_000,
  });
  return stdout;
}

test("git in the image gives the session's token to GitHub over https, and to nobody else", () => {
  const env = { GITHUB_TOKEN: TOKEN };
  expect(ask("https", "github.com", env)).toContain(`username=x-access-token\npassword=${TOKEN}\n`);
  for (const [protocol, host] of [
    ["http", "github.com"],
    ["https", "github.com.example.org"],
    ["https", "github.com:8443"],
    ["https", "example.org"],
  ] as const)
    expect(ask(protocol, host, env)).not.toContain("gho_");
  expect(ask("https", "github.com", {})).not.toContain("password");
});
