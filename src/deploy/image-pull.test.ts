import { expect, test } from "vitest";
import { mockPart } from "../../test/harness/mock-part.ts";
import { ImagePullSecrets, pulledWith } from "./image-pull.ts";
import { DOCKER_CONFIG, read } from "./settings/stack.fixture.ts";

const up = (given: Readonly<Record<string, string>>) =>
  mockPart(() => {
    const settings = read(given);
    return new ImagePullSecrets("images", { ...settings }).names;
  });

test("credentials of registries are in each namespace, as the kubelet reads them", async () => {
  const stack = await up({ imagePullSecret: DOCKER_CONFIG });
  const secrets = stack.resources.map(({ inputs }) => inputs);
  expect(secrets.map(({ metadata }) => (metadata as { namespace: string }).namespace)).toEqual([
    "opencode-edge",
    "opencode-system",
    "opencode-sessions",
  ]);
  for (const { metadata, ...rest } of secrets) {
    expect(metadata).toMatchObject({ name: "image-pull" });
    expect(rest).toMatchObject({
      type: "kubernetes.io/dockerconfigjson",
      data: { ".dockerconfigjson": Buffer.from(DOCKER_CONFIG).toString("base64") },
    });
  }
  expect(stack.resources.map(({ shown }) => shown["data"])).toEqual(["[secret]", "[secret]", "[secret]"]);
  expect(stack.result).toEqual({ edge: "image-pull", system: "image-pull", sessions: "image-pull" });
});

test("without credentials there is no Secret, and pods name none", async () => {
  const stack = await up({});
  expect(stack.list).toEqual([]);
  expect(stack.result).toBeUndefined();
  expect(pulledWith(undefined)).toEqual({});
});
