/** What pods of sessions mount, by the names that the router is told: it makes `session-<12 digits>` and `user-…` beside them. */
export const MODELS_MAP = "opencode-models";
export const API_KEYS = "session-api-keys";
