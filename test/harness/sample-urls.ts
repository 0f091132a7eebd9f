import { SessionUrls } from "../../src/sessions/urls.ts";

/** Of a platform on this machine, on the usual ports. */
export const SAMPLE_URLS = new SessionUrls({
  grammar: { mainHost: "localhost", sessionDomain: "localhost", routeSuffix: "-oc", attachPrefix: "attach-" },
  proto: "http",
  sessionPort: "",
  attachPort: "",
  attachOrigin: undefined,
});
