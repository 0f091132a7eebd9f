import type { OverflowEvent, StartEvent } from "../contracts/stream.ts";

/** A start as somebody sees it who was given a port of the session: nothing of its repository or its conversations. */
export async function* forVisitor<T extends StartEvent | OverflowEvent>(
  events: AsyncGenerator<T>,
  url: string,
): AsyncGenerator<T> {
  for await (const event of events)
    switch (event.event) {
      case "complete":
        yield { ...event, data: { url } };
        break;
      case "error":
        yield { ...event, data: { ...event.data, message: "The session cannot be used now. Ask its owner." } };
        break;
      default:
        yield event;
    }
}
