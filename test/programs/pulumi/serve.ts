/** How Pulumi's plugins are served: gRPC on a free port of loopback, which is the first line on standard output. */
import {
  Server,
  ServerCredentials,
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type ServiceDefinition,
  type UntypedHandleCall,
} from "@grpc/grpc-js";

/** Answers a request, or fails with what the user is told. */
type Answer<Q, R> = (request: Q) => Promise<R> | R;

export const unary =
  <Q, R>(answer: Answer<Q, R>): UntypedHandleCall =>
  (call: ServerUnaryCall<Q, R>, callback: sendUnaryData<R>) =>
    void Promise.resolve(call.request)
      .then(answer)
      .then(
        (response) => callback(null, response),
        (cause: unknown) =>
          callback({ code: status.UNKNOWN, details: cause instanceof Error ? cause.message : String(cause) }),
      );

const unimplemented: UntypedHandleCall = (_call: unknown, callback: sendUnaryData<unknown>) =>
  callback({ code: status.UNIMPLEMENTED, details: "not implemented" });

/** Serves until the engine ends the process; methods without a handler are unimplemented. */
export function serve(service: ServiceDefinition, handlers: Readonly<Record<string, UntypedHandleCall>>): void {
  // Models and manifests are larger than gRPC's own limit.
  const unlimited = { "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 };
  const server = new Server(unlimited);
  const all = Object.fromEntries(Object.keys(service).map((name) => [name, handlers[name] ?? unimplemented]));
  server.addService(service, all);
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}
