/** A plugin for resources, in plain data: what of Pulumi's protocol the stand-ins of this folder speak. */
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb.js";
import { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import grpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { serve, unary } from "./serve.ts";

export type Properties = Readonly<Record<string, unknown>>;

interface Subject {
  /** `kubernetes:core/v1:Secret` */
  readonly type: string;
  readonly urn: string;
}

export interface Diff {
  readonly changed: readonly string[];
  /** Those that only a new object can have. */
  readonly replaces: readonly string[];
  readonly deleteBeforeReplace: boolean;
}

/** Inputs are never secrets here: the engine remembers which were, and marks the outputs of the same name. */
export interface Provider {
  readonly version: string;
  configure?(args: Properties): void;
  /** @returns what is wrong with the inputs */
  check?(subject: Subject, inputs: Properties): readonly string[];
  diff(subject: Subject, before: { inputs: Properties; outputs: Properties }, inputs: Properties): Diff;
  create(subject: Subject, inputs: Properties, preview: boolean): Promise<{ id: string; outputs: Properties }>;
  /** @returns undefined where there is none any more */
  read?(subject: Subject, id: string, outputs: Properties): Promise<Properties | undefined>;
  update(subject: Subject, inputs: Properties, preview: boolean): Promise<Properties>;
  remove(subject: Subject, outputs: Properties): Promise<void>;
}

/** What stands for a value that is not known before the real thing: of a text, number, list and so on. */
const UNKNOWN = new Set([
  "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
  "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
  "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
  "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
  "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);

export function hasUnknowns(value: unknown): boolean {
  if (typeof value === "string") return UNKNOWN.has(value);
  return typeof value === "object" && value !== null && Object.values(value).some(hasUnknowns);
}

const plain = (struct: Struct | undefined): Properties => (struct?.toJavaScript() ?? {}) as Properties;
/** Without what is undefined, for which there is no message. */
const wire = (properties: Properties): Struct =>
  Struct.fromJavaScript(JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>);

const subject = (request: { getUrn(): string }): Subject => {
  const urn = request.getUrn();
  return { urn, type: urn.split("::")[2]?.split("$").at(-1) ?? "" };
};

export function serveProvider(provider: Provider): void {
  serve(grpc.ResourceProviderService, { ...general(provider), ...resources(provider) });
}

const general = (provider: Provider) => ({
  getPluginInfo: unary(() => new PluginInfo().setVersion(provider.version)),
  getSchema: unary(() => new messages.GetSchemaResponse().setSchema("{}")),
  attach: unary(() => new Empty()),
  cancel: unary(() => new Empty()),
  configure: unary((request: InstanceType<typeof messages.ConfigureRequest>) => {
    provider.configure?.(plain(request.getArgs()));
    return new messages.ConfigureResponse().setSupportspreview(true).setAcceptsecrets(false);
  }),
});

const resources = (provider: Provider) => ({
  check: unary((request: InstanceType<typeof messages.CheckRequest>) => {
    const response = new messages.CheckResponse().setInputs(request.getNews());
    const failures = provider.check?.(subject(request), plain(request.getNews())) ?? [];
    return response.setFailuresList(failures.map((reason) => new messages.CheckFailure().setReason(reason)));
  }),
  diff: unary((request: InstanceType<typeof messages.DiffRequest>) => {
    const before = { inputs: plain(request.getOldInputs()), outputs: plain(request.getOlds()) };
    const diff = provider.diff(subject(request), before, plain(request.getNews()));
    const { DIFF_SOME, DIFF_NONE } = messages.DiffResponse.DiffChanges;
    return new messages.DiffResponse()
      .setChanges(diff.changed.length > 0 ? DIFF_SOME : DIFF_NONE)
      .setDiffsList([...diff.changed])
      .setReplacesList([...diff.replaces])
      .setDeletebeforereplace(diff.deleteBeforeReplace);
  }),
  create: unary(async (request: InstanceType<typeof messages.CreateRequest>) => {
    const preview = request.getPreview();
    const { id, outputs } = await provider.create(subject(request), plain(request.getProperties()), preview);
    return new messages.CreateResponse().setId(preview ? "" : id).setProperties(wire(outputs));
  }),
  read: unary(async (request: InstanceType<typeof messages.ReadRequest>) => {
    const response = new messages.ReadResponse();
    const outputs = await provider.read?.(subject(request), request.getId(), plain(request.getProperties()));
    if (outputs === undefined) return response;
    return response.setId(request.getId()).setProperties(wire(outputs)).setInputs(request.getInputs());
  }),
  update: unary(async (request: InstanceType<typeof messages.UpdateRequest>) => {
    const outputs = await provider.update(subject(request), plain(request.getNews()), request.getPreview());
    return new messages.UpdateResponse().setProperties(wire(outputs));
  }),
  delete: unary(async (request: InstanceType<typeof messages.DeleteRequest>) => {
    await provider.remove(subject(request), plain(request.getProperties()));
    return new Empty();
  }),
});
