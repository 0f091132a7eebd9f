import { isApiError } from "./api-error.ts";

/** For a create: somebody else's object of that name does as well. */
export function ifThere(cause: unknown): undefined {
  if (!isApiError(cause, "alreadyExists")) throw cause;
}

/** For a delete whose precondition does not hold: something else is there now, and the next look decides about that. */
export function ignoreReplaced(cause: unknown): undefined {
  if (!isApiError(cause, "conflict")) throw cause;
}
