import type { Settings } from "../../../src/deploy/settings/settings.ts";
import type { MockedStack } from "../mock-stack.ts";
import { objectsOf, templatesOf } from "./objects.ts";
import { placementProblems } from "./placement.ts";
import { podSecurityProblems } from "./pod-security.ts";
import { policyProblems } from "./policies.ts";
import { reachProblems } from "./reach.ts";
import { referenceProblems, type Foreign } from "./references.ts";
import { rightsProblems } from "./rights.ts";
import { routeProblems } from "./routes.ts";
import { routerProblems } from "./router-settings.ts";
import { runningProblems } from "./running.ts";
import { secrecyProblems } from "./secrecy.ts";
import { selectionProblems } from "./selection.ts";
import { sessionTemplate } from "./session-template.ts";

/** Everything that is wrong with a stack, as sentences that start with the place; whatever its settings are, there is nothing. */
export function stackProblems(stack: MockedStack, settings: Settings): string[] {
  const objects = objectsOf(stack);
  const templates = templatesOf(objects);
  const withSessions = [...templates, sessionTemplate(settings)];
  return [
    ...stack.errors,
    ...placementProblems(stack, settings),
    ...secrecyProblems(stack),
    ...podSecurityProblems(templates),
    ...runningProblems(templates),
    ...referenceProblems(objects, templates, foreignOf(settings)),
    ...selectionProblems(objects, templates),
    ...policyProblems(objects, withSessions, Object.values(settings.namespaces)),
    ...reachProblems(objects, withSessions, settings),
    ...rightsProblems(objects, templates, settings),
    ...routeProblems(objects, settings),
    ...routerProblems(objects, templates, settings),
  ];
}

/** What the operator brings. */
const foreignOf = ({ entrance, namespaces }: Settings): Foreign =>
  entrance.kind === "service" && entrance.tls.kind === "secret"
    ? { [`Secret ${namespaces.edge}/${entrance.tls.name}`]: ["tls.crt", "tls.key"] }
    : {};
