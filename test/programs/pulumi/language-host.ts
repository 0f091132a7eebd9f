/**
 * A stand-in for `pulumi-language-nodejs`, which is a program in Go: runs the project's program as that one does, by
 * `@pulumi/pulumi/cmd/run` with the same arguments, environment and options of `runtime` in Pulumi.yaml.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import { PackageDependency, PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import grpc from "@pulumi/pulumi/proto/language_grpc_pb.js";
import messages from "@pulumi/pulumi/proto/language_pb.js";
import { serve, unary } from "./serve.ts";

type RunRequest = InstanceType<typeof messages.RunRequest>;
type PackagesRequest = InstanceType<typeof messages.GetRequiredPackagesRequest>;
type Info = NonNullable<ReturnType<RunRequest["getInfo"]>>;

/** The program says so when it has told the user all there is to tell. */
const ALREADY_TOLD = 32;

interface RuntimeOptions {
  readonly typescript?: boolean;
  readonly tsconfig?: string;
  readonly nodeargs?: string;
}

const optionsOf = (info: Info): RuntimeOptions => (info.getOptions()?.toJavaScript() ?? {}) as RuntimeOptions;

function infoOf(request: { getInfo(): Info | undefined }): Info {
  const info = request.getInfo();
  if (info === undefined) throw new Error("the engine has not told where the program is");
  return info;
}

function argumentsOf(request: RunRequest, info: Info, engine: string): string[] {
  const named: Record<string, string> = {
    monitor: request.getMonitorAddress(),
    engine,
    organization: request.getOrganization(),
    project: request.getProject(),
    "root-directory": info.getRootDirectory(),
    stack: request.getStack(),
    pwd: info.getProgramDirectory(),
  };
  return [
    ...Object.entries(named).flatMap(([name, value]) => (value === "" ? [] : [`--${name}`, value])),
    ...(request.getDryrun() ? ["--dry-run"] : []),
    "--parallel",
    String(request.getParallel()),
    info.getEntryPoint(),
    ...request.getArgsList(),
  ];
}

function environmentOf(request: RunRequest, { typescript = true, tsconfig }: RuntimeOptions): NodeJS.ProcessEnv {
  const config = Object.fromEntries(
    [...request.getConfigMap().entries()].map(([key, value]) => [key.replace(":", ":config:"), value]),
  );
  return {
    ...process.env,
    PULUMI_CONFIG: JSON.stringify(config),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
    ...(typescript ? { PULUMI_NODEJS_TYPESCRIPT: "true" } : {}),
    ...(tsconfig === undefined ? {} : { PULUMI_NODEJS_TSCONFIG_PATH: tsconfig }),
  };
}

async function run(request: RunRequest, engine: string): Promise<InstanceType<typeof messages.RunResponse>> {
  const info = infoOf(request);
  const options = optionsOf(info);
  const runner = createRequire(join(info.getProgramDirectory(), "x.js")).resolve("@pulumi/pulumi/cmd/run");
  const nodeArguments = (options.nodeargs ?? "").split(" ").filter((word) => word !== "");
  const child = spawn("node", [...nodeArguments, runner, ...argumentsOf(request, info, engine)], {
    // As the host in Go: where the engine has started it, whatever that is.
    stdio: ["ignore", "inherit", "inherit"],
    env: environmentOf(request, options),
  });
  stop = () => child.kill("SIGINT");
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  const response = new messages.RunResponse();
  if (code === 0) return response;
  if (code === ALREADY_TOLD) return response.setBail(true);
  return response.setError(`Program exited with non-zero exit code: ${code ?? signal}`);
}

/** Plugins that the packages in node_modules name; the real one looks deeper. */
function packagesOf(info: Info): PackageDependency[] {
  const scope = join(info.getProgramDirectory(), "node_modules", "@pulumi");
  return readdirSync(scope).flatMap((name) => {
    const { version, pulumi } = JSON.parse(readFileSync(join(scope, name, "package.json"), "utf8")) as {
      version: string;
      pulumi?: { resource?: boolean; name?: string };
    };
    if (pulumi?.resource !== true) return [];
    return [
      new PackageDependency()
        .setName(pulumi.name ?? name)
        .setKind("resource")
        .setVersion(`v${version}`),
    ];
  });
}

let stop = (): unknown => undefined;
let engine = process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "";

serve(grpc.LanguageRuntimeService, {
  handshake: unary((request: InstanceType<typeof messages.LanguageHandshakeRequest>) => {
    engine = request.getEngineAddress();
    return new messages.LanguageHandshakeResponse();
  }),
  getPluginInfo: unary(() => new PluginInfo().setVersion("3.248.0")),
  about: unary(() => new messages.AboutResponse().setExecutable(process.execPath).setVersion(process.version)),
  getRequiredPackages: unary((request: PackagesRequest) =>
    new messages.GetRequiredPackagesResponse().setPackagesList(packagesOf(infoOf(request))),
  ),
  run: unary((request: RunRequest) => run(request, engine)),
  cancel: unary(() => {
    stop();
    return new Empty();
  }),
});
