import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { clusterTool } from "../../cluster/harness/cluster-tools.ts";
import { startControlPlane, type ControlPlane } from "../../cluster/harness/control-plane.ts";
import { readDockerfile, type Image } from "../../cluster/harness/image.ts";
import { MinimalNode, SESSION_IMAGE } from "../../cluster/harness/minimal-node.ts";
import { signedIn, type Send } from "../../edge/harness/visitor.ts";
import { call, type Answer, type Call } from "../../harness/http.ts";
import { startOpenRouter } from "../../harness/openrouter.ts";
import { startPostgres } from "../../harness/postgres.ts";
import { startProgram } from "../../harness/program.ts";
import { ClusterServices } from "./cluster-services.ts";
import { DeployedPod } from "./deployed-pod.ts";
import { TestStack } from "./stack.ts";

const REPOSITORY = fileURLToPath(new URL("../../../", import.meta.url));
export const DOMAIN = "team.test";
const CLIENT = { id: "Iv1.0123456789abcdef", secret: "the-secret-of-the-oauth-app" };
const UP = ["up", "--yes", "--skip-preview"] as const;

export interface PlatformConfig {
  readonly values: Readonly<Record<string, string>>;
  /** What goes into objects, by the way to it: `["sessions.quota"].pods`. */
  readonly paths: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, string>>;
}

interface Keys {
  readonly certificate: string;
  readonly key: string;
}

/** What `pulumi up` has made of a bare cluster, running: all programs of the way from a browser to a session. */
export class WorkingPlatform implements AsyncDisposable {
  readonly #ends: (() => PromiseLike<unknown>)[] = [];
  #keys!: Keys;
  #gitHub = "";
  #services!: ClusterServices;
  plane!: ControlPlane;
  node!: MinimalNode;
  stack!: TestStack;
  router!: DeployedPod;
  traefik!: DeployedPod;
  signInProgram!: DeployedPod;

  static async start(config: PlatformConfig): Promise<WorkingPlatform> {
    const platform = new WorkingPlatform();
    try {
      await platform.#start(config);
      return platform;
    } catch (cause) {
      await platform[Symbol.asyncDispose]();
      throw cause;
    }
  }

  async #start({ values, paths, secrets }: PlatformConfig): Promise<void> {
    this.plane = this.#owned(await startControlPlane());
    const openRouter = this.#owned(await startOpenRouter());
    const postgres = this.#owned(await startPostgres());
    const gitHub = this.#owned(await startProgram("github-sign-in", [CLIENT.id, CLIENT.secret]));
    this.#gitHub = `http://127.0.0.1:${gitHub.announced}`;
    this.#keys = await makeKeys(await this.plane.keeper.folder("platform-keys-"));
    // A bare cluster has never heard of sessions.
    await this.plane.kubectl("delete", "crd", "sessions.opencode-router.dev");
    this.stack = this.#owned(await TestStack.create(this.plane.kubeconfig()));
    await this.stack.configure(
      {
        domain: DOMAIN,
        "images.registry": "registry.test/opencode-router",
        "images.session": SESSION_IMAGE,
        "images.traefik": "docker.io/library/traefik:v3.6.12",
        "auth.clientId": CLIENT.id,
        "tunnel.kind": "none",
        "tls.certificate": this.#keys.certificate,
        "models.url": openRouter.url("good"),
        "database.kind": "url",
        // Pods of a test are on loopback.
        "cluster.podCidrs": "127.0.0.0/8",
        ...values,
      },
      {
        "auth.clientSecret": CLIENT.secret,
        "tls.key": this.#keys.key,
        "database.url": await postgres.createDatabase(),
        ...secrets,
      },
    );
    for (const [path, value] of Object.entries(paths))
      await this.stack.mustRun("config", "set", "--path", `opencode-router:${path}`, value);
    await this.up();
    this.node = this.#owned(await MinimalNode.start(this.plane));
    this.#services = this.#owned(new ClusterServices(this.plane.api));
    await this.#startPrograms();
  }

  async #startPrograms(): Promise<void> {
    this.router = await this.startRouter();
    const flags = [
      "login-url=/login/oauth/authorize",
      "redeem-url=/login/oauth/access_token",
      "validate-url=/api/v3/user",
    ];
    const args = flags.map((flag) => `--${flag.replace("=", `=${this.#gitHub}`)}`);
    this.signInProgram = await this.#run("oauth2-proxy", await this.#binary("oauth2-proxy"), args);
    this.traefik = await this.#run("traefik", await this.#binary("traefik"));
  }

  /** A router as the Deployment is now, besides those that run. */
  async startRouter(): Promise<DeployedPod> {
    return this.#run("router", await this.#routerImage());
  }

  async #run(deployment: string, image: Image, args: readonly string[] = []): Promise<DeployedPod> {
    const { plane } = this;
    const namespace = deployment === "router" ? "opencode-system" : "opencode-edge";
    const pod = await DeployedPod.start({ plane, services: this.#services, namespace, deployment, image, args });
    this.#ends.push(() => pod.end(0));
    return pod;
  }

  async #routerImage(): Promise<Image> {
    const { settings } = readDockerfile(await readFile(join(REPOSITORY, "images/router/Dockerfile"), "utf8"));
    const files = ["dist", "node_modules", "package.json", "images/opencode/rootfs"];
    const mounts = files.map((name) => ({ source: join(REPOSITORY, name), target: `/app/${name}`, readOnly: true }));
    const entrypoint = [process.execPath, ...settings.entrypoint.slice(settings.entrypoint.indexOf("node") + 1)];
    return { ...settings, entrypoint, mounts: [await this.#etc(), ...mounts] };
  }

  async #binary(name: "traefik" | "oauth2-proxy"): Promise<Image> {
    const program = { source: clusterTool(name), target: `/app/${name}`, readOnly: true };
    const mounts = [await this.#etc(), program];
    return { env: {}, entrypoint: [program.target], workdir: "/", uid: 65_532, gid: 65_532, mounts };
  }

  /** An /etc in which there is room for the places of volumes. */
  async #etc(): Promise<Image["mounts"][number]> {
    const source = join(await this.plane.keeper.folder("etc-"), "etc");
    await mkdir(source);
    await writeFile(join(source, "hosts"), "127.0.0.1 localhost\n");
    return { source, target: "/etc", readOnly: false };
  }

  async up(changed: Readonly<Record<string, string>> = {}): Promise<void> {
    if (Object.keys(changed).length > 0) await this.stack.configure(changed);
    await this.stack.mustRun(...UP);
  }

  readonly host = (name: string): string => (name === "" ? DOMAIN : `${name}.${DOMAIN}`);
  readonly url = (name: string, path: string): string => `https://${this.host(name)}${path}`;

  /** To Traefik over TLS, as somebody who believes the stack's certificate only; to GitHub as it is. */
  readonly send: Send = async (at, { method = "GET", headers = {}, body }) => {
    const path = at.pathname + at.search;
    if (at.protocol === "http:")
      return call(Number(at.port), path, { method, headers, ...(body === undefined ? {} : { body }) });
    const port = this.traefik.ports.get("web");
    const place = { host: "127.0.0.1", port, servername: at.hostname, ca: this.#keys.certificate, agent: false };
    return new Promise<Answer>((resolve, reject) => {
      const asked = request({ ...place, path, method, headers: { host: at.host, ...headers } }, (res) => {
        const whole = (all: string): Answer => ({
          status: res.statusCode ?? 0,
          headers: res.headers,
          text: all,
          json: <T>() => JSON.parse(all) as T,
        });
        text(res).then((all) => resolve(whole(all)), reject);
      });
      asked.on("error", reject).end(body);
    });
  };

  /** @returns the cookies of somebody who has signed in at the web UI */
  signIn(name: string): Promise<string> {
    const at = { host: this.host, url: (_: string, path: string) => this.url("code", path) };
    return signedIn(at, name, this.send).catch((cause: unknown) => {
      throw new Error(`${String(cause).slice(0, 200)}: ${this.signInProgram.log().slice(-2000)}`, { cause });
    });
  }

  call(host: string, path: string, options: Call = {}): Promise<Answer> {
    return this.send(new URL(this.url(host, path)), options);
  }

  #owned<T extends AsyncDisposable>(part: T): T {
    this.#ends.push(() => part[Symbol.asyncDispose]());
    return part;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.splice(0).toReversed()) await end();
  }
}

/** A certificate of the domain and of what is one label below it. */
async function makeKeys(folder: string): Promise<Keys> {
  const [certificate, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  const subject = ["-subj", `/CN=${DOMAIN}`, "-addext", `subjectAltName=DNS:${DOMAIN},DNS:*.${DOMAIN}`, "-days", "2"];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", key];
  await promisify(execFile)("openssl", ["req", "-x509", ...kind, "-out", certificate, ...subject]);
  return { certificate: await readFile(certificate, "utf8"), key: await readFile(key, "utf8") };
}
