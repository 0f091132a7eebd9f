import * as pulumi from "@pulumi/pulumi";
import { expect, test } from "vitest";
import { mockPart } from "../../../test/harness/mock-part.ts";
import { dropping, read } from "../settings/stack.fixture.ts";
import { edgeOf } from "./edge-of-settings.ts";
import { ExistingTraefik } from "./existing-traefik.ts";
import { traefikObjects } from "./render-crd.ts";

const GIVEN = {
  ...dropping("tunnel.token"),
  "tunnel.kind": "none",
  "traefik.install": "false",
  "traefik.namespace": "ingress",
};

function deploy() {
  const { traefik, ...settings } = read(GIVEN);
  if (traefik.install) throw new Error("one of ours");
  const namespaces = { edge: pulumi.output("opencode-edge"), system: pulumi.output("opencode-system") };
  const edgeSecret = pulumi.secret("the-edge-secret");
  return mockPart(() => {
    new ExistingTraefik("traefik", { settings: { ...settings, traefik }, namespaces, edgeSecret });
  });
}

test("every object of the routes is made as it is rendered, where its Service is", async () => {
  const { resources } = await deploy();
  const made = resources
    .filter(({ type }) => type.startsWith("traefik.io/v1alpha1:"))
    .map(({ inputs: { apiVersion, kind, metadata, spec } }) => ({
      apiVersion,
      kind,
      metadata: { name: metadata.name, namespace: metadata.namespace },
      spec,
    }));
  const byName = (one: { kind: string; metadata: { name: string; namespace: string } }) =>
    `${one.kind} ${one.metadata.namespace} ${one.metadata.name}`;
  const wanted = traefikObjects({ ...edgeOf(read(GIVEN)), edgeSecret: "the-edge-secret" }, { prefix: "opencode" });
  expect(wanted.length).toBeGreaterThan(8);
  expect(made.toSorted((a, b) => (byName(a) < byName(b) ? -1 : 1))).toEqual(
    wanted.toSorted((a, b) => (byName(a) < byName(b) ? -1 : 1)),
  );
});

test("only the object that holds the edge secret is a secret", async () => {
  const stack = await deploy();
  expect(stack.mentions("the-edge-secret")).toBe(false);
  const hidden = stack.resources
    .filter(({ shown }) => shown["spec"] === "[secret]")
    .map(({ inputs }) => inputs["metadata"].name);
  expect(hidden).toEqual(["opencode-edge-secret"]);
});
