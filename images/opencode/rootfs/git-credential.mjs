// A credential helper of git, set for GitHub alone: gives the variable GITHUB_TOKEN, or else what sessiond answers on the
// socket GIT_CREDENTIAL_SOCKET. Without an answer it is silent, and git asks its next helper.
import { connect } from "node:net";

const { GITHUB_TOKEN = "", GIT_CREDENTIAL_SOCKET = "" } = process.env;
const LIMIT_MS = 5_000;

if (process.argv[2] === "get") {
  // What is pasted often ends with a line break.
  const own = GITHUB_TOKEN.trim();
  if (own !== "") tell(own);
  else if (GIT_CREDENTIAL_SOCKET !== "") ask(GIT_CREDENTIAL_SOCKET);
}

/** Another line would be another field of the answer: a host, or a command for git's next step. */
function tell(token) {
  if (/\p{Cc}/u.test(token))
    process.stderr.write("GITHUB_TOKEN is not used: it has a line break or a control character in it\n");
  else process.stdout.write(`username=x-access-token\npassword=${token}\n`);
}

function ask(path) {
  const socket = connect(path);
  socket.setTimeout(LIMIT_MS, () => socket.destroy());
  // Nobody answers.
  socket.on("error", () => process.stdin.destroy());
  process.stdin.pipe(socket).pipe(process.stdout);
}
