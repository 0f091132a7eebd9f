import { expect, test } from "vitest";
import { eventually } from "../harness/eventually.ts";
import { startModelServer, type ModelServer } from "../harness/model-server.ts";
import { startAndKillAt, type Gate } from "../harness/opencode-gate.ts";
import { SessionFolder } from "../harness/sessiond.ts";

const TEXT = "Please greet the team";

interface Stored {
  readonly info: { readonly role: string };
  readonly parts: readonly { readonly type: string; readonly text?: string }[];
}

const conversations = async (folder: SessionFolder): Promise<{ id: string }[]> =>
  (await folder.opencode("GET", "/session?roots=true")).json as { id: string }[];

/** Texts of the user that are stored, over all conversations. */
async function userTexts(folder: SessionFolder): Promise<string[]> {
  const texts: string[] = [];
  for (const { id } of await conversations(folder)) {
    const messages = (await folder.opencode("GET", `/session/${id}/message`)).json as Stored[];
    for (const { info, parts } of messages)
      if (info.role === "user") texts.push(...parts.flatMap(({ type, text }) => (type === "text" ? [text ?? ""] : [])));
  }
  return texts;
}

/** How often the agent asked the model about the message; requests without tools are for titles. */
const asked = async (model: ModelServer): Promise<number> =>
  (await model.requests()).filter(({ tools, user }) => tools.length > 0 && user.includes(TEXT)).length;

const answered = (folder: SessionFolder) =>
  folder.until(({ messages, status }) => messages.some(({ role }) => role === "assistant") && !status.busy);

test("is given by itself, reported, and not again after a stop", async () => {
  await using model = await startModelServer();
  await using folder = await SessionFolder.create({ modelUrl: model.url, initialMessage: TEXT });
  await folder.start();
  const report = await answered(folder);
  expect(report.initialMessageDone).toBe(true);
  expect(report.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
  expect(report.messages[0]?.text).toBe(TEXT);
  expect(await folder.stop()).toBe(0);

  await folder.start();
  const again = await folder.until(({ status, messages }) => status.readyAt !== null && messages.length > 0);
  expect(again.conversation?.id).toBe(report.conversation?.id);
  expect(again.initialMessageDone).toBe(true);
  expect(await userTexts(folder)).toEqual([TEXT]);
  expect(await asked(model)).toBe(1);
});

test.each<Gate>([
  { path: "/session", mode: "after" },
  { path: "/prompt_async", mode: "before" },
  { path: "/prompt_async", mode: "after" },
])("is given once when everything is killed $mode $path", async (gate) => {
  await using model = await startModelServer();
  await using folder = await SessionFolder.create({ modelUrl: model.url, initialMessage: TEXT });
  await startAndKillAt(folder, gate);
  await folder.start();
  await folder.until(({ initialMessageDone }) => initialMessageDone);
  await eventually(async () => expect(await asked(model)).toBe(1));
  await answered(folder);
  expect(await conversations(folder)).toHaveLength(1);
  expect(await userTexts(folder)).toEqual([TEXT]);
  expect(await asked(model)).toBe(1);
});

test("is not given when a conversation exists, nor when the person deleted the one that had it", async () => {
  await using model = await startModelServer();
  await using folder = await SessionFolder.create({ modelUrl: model.url, initialMessage: TEXT });
  await folder.start({ INITIAL_MESSAGE_FILE: "" });
  const { conversation } = await folder.until(({ status }) => status.readyAt !== null);
  await folder.until((report) => report.conversation !== null);
  const [{ id } = { id: "" }] = await conversations(folder);
  expect(conversation === null || conversation.id === id).toBe(true);
  await folder.opencode("POST", `/session/${id}/prompt_async`, { parts: [{ type: "text", text: "by hand" }] });
  await answered(folder);
  await folder.stop();

  await folder.start();
  await folder.until(({ initialMessageDone }) => initialMessageDone);
  expect(folder.readMarker()).toMatchObject({ state: "done", why: "conversation_won" });
  expect((await folder.opencode("DELETE", `/session/${id}`)).status).toBe(200);
  await folder.stop();

  await folder.start();
  const report = await folder.until((report) => report.conversation !== null && report.conversation.id !== id);
  expect(report.messages).toEqual([]);
  expect(await userTexts(folder)).toEqual([]);
  expect(await asked(model)).toBe(0);
});
