/** A model as OpenRouter's list tells it; the id is the part that counts. */
export interface SampleModel {
  readonly id: string;
  readonly name: string;
  readonly created: number;
  readonly context_length: number | null;
  readonly architecture: {
    readonly input_modalities: string[];
    readonly output_modalities: string[];
  };
  readonly pricing: Record<string, string>;
  readonly top_provider: { readonly context_length: number | null; readonly max_completion_tokens: number | null };
  readonly supported_parameters: string[];
  readonly expiration_date: string | null;
}

export const openRouterModel = (id: string, other: Partial<SampleModel> = {}): SampleModel => ({
  id,
  name: `Sample: ${id}`,
  created: 1_750_000_000,
  context_length: 200_000,
  architecture: { input_modalities: ["text", "image"], output_modalities: ["text"] },
  pricing: { prompt: "0.0000006", completion: "0.0000025", input_cache_read: "0.00000006" },
  top_provider: { context_length: 128_000, max_completion_tokens: 16_000 },
  supported_parameters: ["tools", "tool_choice", "temperature", "reasoning"],
  expiration_date: null,
  ...other,
});
