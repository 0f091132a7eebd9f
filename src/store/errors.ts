/** The database was written by a newer version of the router; it was left as it is. */
export class NewerDatabaseError extends Error {
  override readonly name = "NewerDatabaseError";

  constructor(unknownMigrations: readonly string[]) {
    super(
      `The database was made by a newer version of opencode-router (it has ${unknownMigrations.join(", ")}). ` +
        "Nothing in it was changed. Start that version again, or restore a backup from before the upgrade.",
    );
  }
}

/** The database cannot be opened. The message is for the operator and never holds a password. */
export class DatabaseUnavailableError extends Error {
  override readonly name = "DatabaseUnavailableError";
}

/** What the operating system or the database calls the failure, e.g. `ECONNREFUSED` or `SQLITE_NOTADB`. */
export function errorCode(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ("code" in error && typeof error.code === "string") return error.code;
  // One error for each address of the host that was tried.
  return error instanceof AggregateError ? errorCode(error.errors[0]) : undefined;
}
