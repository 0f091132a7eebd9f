import * as pulumi from "@pulumi/pulumi";

/**
 * Something that the operator has to mend, not a fault of the program: Pulumi prints the message alone. Without a stack, because
 * Pulumi inspects every error, and Node does not come to an end with a frame that Pulumi's source maps put directly under
 * `node_modules/@pulumi`: a wrong key would cost a minute and gigabytes.
 */
export function operatorError(message: string): pulumi.RunError {
  const error = new pulumi.RunError(message);
  error.stack = "";
  return error;
}
