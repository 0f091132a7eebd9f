// For `node --import`: writes where the process spent its time to PROFILE_FILE when it ends.
import { writeFileSync } from "node:fs";
import { Session } from "node:inspector";

const session = new Session();
session.connect();
session.post("Profiler.enable");
session.post("Profiler.start");
process.once("exit", () => {
  session.post("Profiler.stop", (_error, { profile }) => {
    writeFileSync(process.env.PROFILE_FILE, JSON.stringify(profile));
  });
});
