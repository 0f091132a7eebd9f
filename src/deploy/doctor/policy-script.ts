/**
 * What the pod runs, with Node: connects to one place that it may reach, until the policies that let it are in force, and then to
 * those that it may not. TARGETS: JSON of `{allowed: [host, port], forbidden: [[host, port], …]}`. It writes to RESULT_FILE a JSON
 * text of `{allowed: outcome, forbidden: [outcome, …]}`, where an outcome is `open`, `silence`, or an error's code.
 */
export const POLICY_SCRIPT = `
const { connect } = require("node:net");
const { writeFileSync } = require("node:fs");
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const attempt = ([host, port]) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: 3000 });
  const end = (outcome) => { socket.destroy(); resolve(outcome); };
  socket.on("connect", () => end("open")).on("timeout", () => end("silence")).on("error", (error) => end(error.code));
});
// Policies take a moment to reach the node of a new pod.
const until = async (target, isGood) => {
  let outcome;
  for (let tries = 0; tries < 5; tries += 1) {
    outcome = await attempt(target);
    if (isGood(outcome)) break;
    await sleep(1000);
  }
  return outcome;
};
(async () => {
  const { allowed, forbidden } = JSON.parse(process.env.TARGETS);
  const result = {
    allowed: await until(allowed, (outcome) => outcome === "open"),
    forbidden: await Promise.all(forbidden.map((target) => until(target, (outcome) => outcome !== "open"))),
  };
  writeFileSync(process.env.RESULT_FILE, JSON.stringify(result));
})();
`;
