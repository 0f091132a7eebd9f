import { expect, test } from "vitest";
import { EMPTY, missingField, nextNewSession, toBody } from "./new-session.ts";
import type { Field, NewSessionInput } from "./new-session.ts";

const play = (...inputs: NewSessionInput[]) => inputs.reduce(nextNewSession, EMPTY);
const type = (field: Field, value: string): NewSessionInput => ({ do: "type", field, value });
const suggested = (question: number, branch: string | undefined): NewSessionInput => ({
  do: "suggested",
  question,
  branch,
});

test("a suggestion fills the branch", () => {
  const asked = play(type("repoUrl", "https://h/a"));
  expect(asked).toMatchObject({ question: 1, asking: true });
  expect(nextNewSession(asked, suggested(1, "calm-fox"))).toMatchObject({ branch: "calm-fox", asking: false });
});

test("an answer to an older question is ignored", () => {
  const form = play(type("repoUrl", "https://h/a"), type("repoUrl", "https://h/b"), suggested(2, "new"));
  expect(nextNewSession(form, suggested(1, "old")).branch).toBe("new");
  expect(play(type("repoUrl", "https://h/a"), type("repoUrl", ""), suggested(1, "old")).branch).toBe("");
});

test("what the person typed wins, until it is cleared or they ask", () => {
  const typed = play(type("repoUrl", "https://h/a"), type("branch", "mine"), suggested(1, "calm-fox"));
  expect(typed.branch).toBe("mine");
  expect(nextNewSession(typed, type("repoUrl", "https://h/b")).asking).toBe(false);
  const again = nextNewSession(typed, { do: "ask-again" });
  expect(again.asking).toBe(true);
  expect(nextNewSession(again, suggested(again.question, "bold-elk")).branch).toBe("bold-elk");
});

test("a suggestion that could not be made keeps what is there", () => {
  const form = play(type("repoUrl", "https://h/a"), suggested(1, "calm-fox"), type("repoUrl", "https://h/b"));
  expect(nextNewSession(form, suggested(2, undefined))).toMatchObject({ branch: "calm-fox", asking: false });
});

test("a proposed repository fills an untouched form only", () => {
  const propose: NewSessionInput = { do: "propose", repoUrl: "https://h/usual" };
  expect(play(propose)).toMatchObject({ repoUrl: "https://h/usual", asking: true });
  expect(play(type("repoUrl", "https://h/a"), propose).repoUrl).toBe("https://h/a");
  expect(play(type("repoUrl", "h"), type("repoUrl", ""), propose).repoUrl).toBe("");
});

test("a refusal loses nothing that was typed", () => {
  const form = play(type("repoUrl", "https://h/a"), type("message", "Do it"), { do: "send" });
  const refused = nextNewSession(form, { do: "refused", detail: "No such branch." });
  expect(refused).toEqual({ ...form, sending: false, error: "No such branch." });
});

test("names the first field that is missing", () => {
  expect(missingField(EMPTY)?.field).toBe("repoUrl");
  expect(missingField(play(type("repoUrl", "https://h/a"), type("sourceBranch", " ")))?.field).toBe("sourceBranch");
  expect(missingField(play(type("repoUrl", "https://h/a")))?.field).toBe("branch");
  expect(missingField(play({ do: "kind", kind: "blank" }))).toBeUndefined();
});

test("the body of a blank project has no repository, and an empty message is none", () => {
  const form = play(type("repoUrl", " https://h/a "), type("branch", " b "), type("message", "  "));
  expect(toBody(form)).toEqual({ repoUrl: "https://h/a", sourceBranch: "main", branch: "b" });
  const blank = [{ do: "kind", kind: "blank" }, type("message", "Hello")] as const;
  expect(toBody(blank.reduce(nextNewSession, form))).toEqual({ initialMessage: "Hello" });
});

test("the default branch of a repository is the source, until the person writes one", () => {
  const trunk: NewSessionInput = { do: "default-branch", branch: "trunk" };
  expect(play(trunk).sourceBranch).toBe("trunk");
  expect(play(type("sourceBranch", "mine"), trunk, type("repoUrl", "https://h/a"), trunk).sourceBranch).toBe("mine");
  expect(play(type("sourceBranch", "mine"), type("sourceBranch", ""), trunk).sourceBranch).toBe("trunk");
});
