/** What we read of the answer of OpenRouter's `GET /api/v1/models`; its other fields may be as they like. */
import { z } from "zod";

/** `author/model`, perhaps with a variant: `qwen/qwen3-coder:free`, and aliases: `~openai/gpt-latest`. */
export const ModelId = z
  .string()
  .max(200)
  .regex(/^~?[A-Za-z0-9][\w.-]*\/[\w.:-]+$/);

export const OpenRouterModel = z.object({
  id: ModelId,
  name: z.string().trim().min(1).max(200),
  /** Seconds since the epoch. */
  created: z.number().nullish(),
  context_length: z.number().nullish(),
  architecture: z
    .object({ input_modalities: z.array(z.string()).nullish(), output_modalities: z.array(z.string()).nullish() })
    .nullish(),
  /** Dollars for one token or one request, as strings; what is no string or number is not a price. */
  pricing: z.record(z.string(), z.unknown()),
  top_provider: z
    .object({ context_length: z.number().nullish(), max_completion_tokens: z.number().nullish() })
    .nullish(),
  supported_parameters: z.array(z.string()).nullish(),
  expiration_date: z.string().nullish(),
});
export type OpenRouterModel = z.infer<typeof OpenRouterModel>;

const Page = z.object({
  data: z.array(z.unknown()),
  links: z.object({ next: z.string().nullish() }).nullish(),
});

export type ReadPage =
  | {
      readonly ok: true;
      readonly entries: number;
      readonly models: OpenRouterModel[];
      readonly next: string | undefined;
    }
  | { readonly ok: false; readonly problem: string };

/** One odd entry is left out, for it must not keep all others away; when half of them are odd, the shape has changed. */
export function readPage(text: string, contentType: string): ReadPage {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const isJson = contentType === "" || /[/+]json$/i.test(contentType);
    return { ok: false, problem: isJson ? "its answer is not valid JSON" : `its answer is ${contentType}, not JSON` };
  }
  const page = Page.safeParse(json);
  if (!page.success) return { ok: false, problem: unexpected(page.error) };
  const parsed = page.data.data.map((entry) => OpenRouterModel.safeParse(entry));
  const odd = parsed.filter((entry) => !entry.success);
  if (odd[0] !== undefined && odd.length * 2 > parsed.length)
    return { ok: false, problem: `${unexpected(odd[0].error)}, in ${odd.length} of ${parsed.length} entries` };
  return {
    ok: true,
    entries: parsed.length,
    models: parsed.flatMap((entry) => (entry.success ? [entry.data] : [])),
    next: page.data.links?.next ?? undefined,
  };
}

function unexpected({ issues: [issue] }: z.ZodError): string {
  const where = issue === undefined || issue.path.length === 0 ? "the answer" : issue.path.join(".");
  return `its answer does not have the expected shape (${where}: ${issue?.message ?? "unknown"})`;
}
