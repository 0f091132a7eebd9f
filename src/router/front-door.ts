import type { IncomingMessage } from "node:http";
import { getRequestListener } from "@hono/node-server";
import type { Api, ApiEnv } from "./api/context.ts";
import { dispatchAttach, dispatchPublic, type Asked, type DispatchContext, type Route } from "./dispatch.ts";
import type { Handler } from "./listeners.ts";
import { forward } from "./proxy/forward.ts";
import type { Proxy } from "./proxy/proxy.ts";
import { upgrade } from "./proxy/upgrade.ts";
import { rawProblem, sendProblem } from "./send-problem.ts";
import { problem } from "../contracts/problem.ts";
import type { Ui } from "./ui.ts";

export interface MainHost {
  readonly api: Api;
  readonly ui: Ui;
}

/** The public listener: the main host, and the sessions of the person who asks. */
export function publicHandler(context: DispatchContext, proxy: Proxy, main: MainHost): Handler {
  return doorHandler((req, isUpgrade) => dispatchPublic(asked(req, isUpgrade, context), context), proxy, main);
}

/** The attach listener: sessions by password, and nothing else. */
export function attachHandler(context: DispatchContext, proxy: Proxy): Handler {
  return doorHandler((req, isUpgrade) => dispatchAttach(asked(req, isUpgrade, context), context), proxy);
}

/** Requests and upgrades take the same decision; only the last step differs. */
function doorHandler(
  dispatch: (req: IncomingMessage, isUpgrade: boolean) => Route,
  proxy: Proxy,
  main?: MainHost,
): Handler {
  return {
    request(req, res) {
      const route = dispatch(req, false);
      if (route.to === "reject") return sendProblem(res, route.problem, route.headers);
      if (route.to === "session") {
        proxy.touch(route.record.hash);
        return forward(proxy, route, { req, res });
      }
      if (!main) return sendProblem(res, problem("not_found", "Nothing is served here."));
      if (!isApiPath(req.url)) return main.ui(req, res);
      const bind = (env: object) => ({ ...env, principal: route.principal }) as ApiEnv["Bindings"];
      void getRequestListener((request, env) => main.api.fetch(request, bind(env)))(req, res);
    },
    upgrade(req, socket, head) {
      const route = dispatch(req, true);
      if (route.to === "reject") return void socket.end(rawProblem(route.problem, route.headers));
      if (route.to === "main") return void socket.end(rawProblem(problem("not_found", "There is no WebSocket here.")));
      proxy.touch(route.record.hash);
      upgrade(proxy, route, { req, socket, head });
    },
  };
}

const isApiPath = (url = "/"): boolean => /^\/api(?:[/?]|$)/.test(url);

function asked(req: IncomingMessage, upgrade: boolean, { config }: DispatchContext): Asked {
  const { method = "GET", url = "/", headers } = req;
  return { method, url, headers, upgrade, from: clientAddress(req, config.auth.mode === "proxy") };
}

/** Behind the edge, the last entry of X-Forwarded-For is the one that the edge itself wrote. */
function clientAddress(req: IncomingMessage, behindEdge: boolean): string {
  const forwarded = req.headers["x-forwarded-for"];
  const last = behindEdge && typeof forwarded === "string" ? forwarded.split(",").at(-1)?.trim() : undefined;
  return last ?? req.socket.remoteAddress ?? "";
}
