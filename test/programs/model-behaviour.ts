/** What the model server does, chosen by the keyword in the last message of the user. */

export interface ChatRequest {
  readonly model: string;
  readonly stream?: boolean;
  readonly messages: readonly {
    readonly role: string;
    readonly content?: string | readonly { text?: string }[] | null;
  }[];
  readonly tools?: readonly { readonly function: { readonly name: string } }[];
}

export interface Delta {
  readonly role?: "assistant";
  readonly content?: string;
  readonly reasoning_content?: string;
  readonly tool_calls?: readonly ToolCallDelta[];
}

interface ToolCallDelta {
  readonly index: number;
  readonly id?: string;
  readonly type?: "function";
  readonly function: { readonly name?: string; readonly arguments: string };
}

export type Behaviour =
  | { readonly do: "fail"; readonly status: number }
  /** Headers, and then nothing. */
  | { readonly do: "hang" }
  | {
      readonly do: "say";
      readonly deltas: readonly Delta[];
      readonly finish: "stop" | "tool_calls";
      readonly delayMs: number;
    };

const QUICK_MS = 5;
const SLOW_MS = 100;
const SLOW_WORDS = 600;

/** Behaviour for a request; `serial` numbers the requests and makes the ids of tool calls differ. */
export function behaviourFor(request: ChatRequest, serial: number): Behaviour {
  if (!request.tools?.length) return say("Test title");
  if (request.messages.at(-1)?.role === "tool") return say("All done, the tool has finished.");
  const user = lastUserText(request);
  const [, keyword = "", argument] = /\b(WRITE|BASH|SLOW|HANG|THINK|FAIL\d{3})(?:\[([^]*?)\])?/.exec(user) ?? [];
  switch (keyword) {
    case "":
      return say("Hello! This is the test model speaking.");
    case "WRITE": {
      const input = { filePath: argument ?? "hello.txt", content: "hello from the test model\n" };
      return call(serial, "write", input);
    }
    case "BASH":
      return call(serial, "bash", { command: argument ?? "echo hello", description: "Runs what the test asked for" });
    case "SLOW":
      return { ...say(Array.from({ length: SLOW_WORDS }, (_, i) => `word${i}`).join(" ")), delayMs: SLOW_MS };
    case "HANG":
      return { do: "hang" };
    case "THINK": {
      const thoughts = ["Let ", "me ", "think."].map((word) => ({ reasoning_content: word }));
      const answer = say("The answer is forty two.");
      return { ...answer, deltas: [...thoughts, ...answer.deltas] };
    }
    default:
      return { do: "fail", status: Number(keyword.slice("FAIL".length)) };
  }
}

export function lastUserText(request: ChatRequest): string {
  const content = request.messages.findLast((message) => message.role === "user")?.content ?? "";
  return typeof content === "string" ? content : content.map((part) => part.text ?? "").join("");
}

function say(text: string): Extract<Behaviour, { do: "say" }> {
  const words = text.split(/(?<= )/).map((word) => ({ content: word }));
  return { do: "say", deltas: [{ role: "assistant", content: "" }, ...words], finish: "stop", delayMs: QUICK_MS };
}

/** A sentence, then a tool call whose arguments arrive in pieces, as real models send them. */
function call(serial: number, name: string, input: Record<string, string>): Behaviour {
  const head: ToolCallDelta = { index: 0, id: `call_${serial}`, type: "function", function: { name, arguments: "" } };
  const pieces = JSON.stringify(input).match(/.{1,12}/gsu) ?? [];
  const rest: ToolCallDelta[] = pieces.map((piece) => ({ index: 0, function: { arguments: piece } }));
  const calls = [head, ...rest].map((toolCall) => ({ tool_calls: [toolCall] }));
  const introduction = say(`I will use ${name}. `);
  return { ...introduction, deltas: [...introduction.deltas, ...calls], finish: "tool_calls" };
}
