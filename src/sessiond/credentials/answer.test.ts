import { expect, test } from "vitest";
import { Secret } from "../../lib/secret.ts";
import { credentialAnswer } from "./answer.ts";

const TOKEN = new Secret("gho_1");
const ANSWER = "username=x-access-token\npassword=gho_1\n";
const ask = (question: string, origin = "https://github.com") => credentialAnswer(question, { origin, token: TOKEN });

test.each([
  "protocol=https\nhost=github.com\n",
  "protocol=https\nhost=github.com\n\n",
  'capability[]=authtype\nprotocol=https\nhost=GitHub.com\npath=a=b/c.git\nusername=ada\nwwwauth[]=Basic realm="x"\n',
  "protocol=https\nhost=github.com:443\n",
])("GitHub is told the token: %j", (question) => {
  expect(ask(question)).toBe(ANSWER);
});

test.each([
  "",
  "\n",
  "host=github.com\n",
  "protocol=https\n",
  "protocol=http\nhost=github.com\n",
  "protocol=https\nhost=github.com:8443\n",
  "protocol=https\nhost=github.com.example.org\n",
  "protocol=https\nhost=example.org\npath=github.com\n",
  "protocol=https\nhost=example.org#@github.com\n",
  "protocol=https\nhost=example.org@github.com\n",
  "protocol=https\nhost=github.com/example.org\n",
  "protocol=https\nhost=github.com:99999\n",
  "protocol=https\nhost=github.com\r\n",
  "protocol=https://github.com/\nhost=github.com\n",
  "protocol=https\nhost=github.com\nhost=example.org\n",
  "protocol=https\0\nhost=github.com\n",
  "__proto__=https\nhost=github.com\n",
  "x".repeat(10_000),
])("nobody else is: %j", (question) => {
  expect(ask(question)).toBe("");
});

test("another GitHub is told its own token, by its port, and nobody without a token", () => {
  expect(ask("protocol=http\nhost=127.0.0.1:8080\n", "http://127.0.0.1:8080")).toBe(ANSWER);
  expect(ask("protocol=http\nhost=127.0.0.1:8081\n", "http://127.0.0.1:8080")).toBe("");
  const known = { origin: "https://github.com", token: null };
  expect(credentialAnswer("protocol=https\nhost=github.com\n", known)).toBe("");
});
