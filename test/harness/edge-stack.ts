import * as pulumi from "@pulumi/pulumi";
import { vi } from "vitest";

/** By what Pulumi marks a secret in what it sends to its engine. */
const SECRET_MARK = ["4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"] as const;
const HIDDEN = "[secret]";

export interface Registered {
  /** As `kubernetes:core/v1:Secret`. */
  readonly type: string;
  readonly name: string;
  /** What the engine gets; secrets are bare in it. */
  readonly inputs: Inputs;
  /** The same as a preview shows it: `[secret]` for every secret. */
  readonly shown: Inputs;
}
// What a test reads of it, it knows.
// oxlint-disable-next-line typescript/no-explicit-any
export type Inputs = Record<string, any>;

export interface EdgeStack {
  /** In the order in which the engine got them. */
  readonly all: readonly Registered[];
  readonly warnings: readonly string[];
  /** @throws Error without it */
  find(kind: string, name: string): Registered;
  has(kind: string, name: string): boolean;
}

/** Registers what a function makes, against an engine that only keeps it. */
export async function registerAll(make: () => void): Promise<EdgeStack> {
  const all: Registered[] = [];
  const warn = vi.spyOn(console, "warn").mockReturnValue();
  try {
    await pulumi.runtime.setMocks({
      call: ({ inputs }) => inputs as Inputs,
      newResource: ({ type, name, inputs }) => {
        const bare = unwrap(inputs, (value) => value) as Inputs;
        all.push({ type, name, inputs: bare, shown: unwrap(inputs, () => HIDDEN) as Inputs });
        return { id: name, state: bare };
      },
    });
    make();
    await pulumi.runtime.disconnect(false);
    const lookup = (kind: string, name: string) =>
      all.find((one) => one.type.endsWith(`:${kind}`) && (one.inputs["metadata"]?.name ?? one.name) === name);
    return {
      all,
      warnings: warn.mock.calls.map(([text]) => String(text)),
      has: (kind, name) => lookup(kind, name) !== undefined,
      find: (kind, name) => {
        const found = lookup(kind, name);
        if (found) return found;
        throw new Error(`no ${kind} ${name} in ${all.map((one) => `${one.type} ${one.name}`).join(", ")}`);
      },
    };
  } finally {
    warn.mockRestore();
  }
}

/** The content of a Secret. */
export const textsOf = ({ inputs }: Pick<Registered, "inputs">): Record<string, string> =>
  Object.fromEntries(
    Object.entries(inputs["data"] as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value, "base64").toString(),
    ]),
  );

/** Whether a preview would show this text, as it is or in base64. */
export function mentions({ all }: EdgeStack, text: string): boolean {
  const shown = JSON.stringify(all.map((one) => one.shown));
  return [text, Buffer.from(text).toString("base64").replaceAll("=", "")].some((form) => shown.includes(form));
}

function unwrap(value: unknown, reveal: (secret: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => unwrap(one, reveal));
  if (typeof value !== "object" || value === null) return value;
  const entries = value as Record<string, unknown>;
  if (entries[SECRET_MARK[0]] === SECRET_MARK[1]) return reveal(unwrap(entries["value"], reveal));
  return Object.fromEntries(Object.entries(entries).map(([key, one]) => [key, unwrap(one, reveal)]));
}
