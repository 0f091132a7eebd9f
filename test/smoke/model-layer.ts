/** Where the model server of the tests listens: alone in the loopback network of its container. */
export const MODEL_PORT = 8090;

const model = { name: "Test model", limit: { context: 100_000, output: 8_000 }, tool_call: true };

/** What a ConfigMap would hold: models of a provider that is in the container. */
export const modelLayer = {
  model: "local/fake-1",
  enabled_providers: ["local"],
  provider: {
    local: {
      npm: "@ai-sdk/openai-compatible",
      name: "Local",
      options: { baseURL: `http://127.0.0.1:${MODEL_PORT}/v1`, apiKey: "test" },
      models: { "fake-1": model },
    },
  },
};
