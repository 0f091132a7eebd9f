import type { Duplex } from "node:stream";

/**
 * Destroys a socket whose client leaves before anybody reads from it: the end of a stream is told only to those who
 * read. Takes no bytes; to be stopped before the socket is read. @returns how to stop it
 */
export function destroyOnEarlyEnd(socket: Duplex): () => void {
  const look = () => {
    if (socket.readableLength === 0) socket.read();
  };
  const left = () => socket.destroy();
  socket.on("readable", look).once("end", left);
  return () => void socket.off("readable", look).off("end", left);
}
