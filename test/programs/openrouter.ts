/**
 * An OpenRouter on loopback: `openrouter.ts [port]`. Announces its port. `/<behaviour>/api/v1/models` is its list of models,
 * `test/programs/openrouter-behaviour.ts` tells which behaviours there are. `GET /__requests` tells what was asked so far.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { endWithParent } from "../harness/program.ts";
import { behaviours, type BehaviourName } from "./openrouter-behaviour.ts";

/** Path and query of each request. */
const seen: string[] = [];

const server = createServer((req, res) => {
  const url = new URL(req.url ?? "/", "http://openrouter.invalid");
  if (url.pathname === "/__requests") return void res.end(JSON.stringify(seen));
  const [, name = "", ...path] = url.pathname.split("/");
  if (path.join("/") !== "api/v1/models" || !Object.hasOwn(behaviours, name)) return void res.writeHead(404).end();
  const before = seen.filter((path) => path.startsWith(`/${name}/`)).length;
  seen.push(`${url.pathname}${url.search}`);
  behaviours[name as BehaviourName]({ res, url, before });
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () =>
  process.stdout.write(`${(server.address() as AddressInfo).port}\n`),
);
endWithParent();
