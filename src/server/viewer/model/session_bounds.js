// How much a SessionState keeps; the same numbers as on the server.

/// Bytes of one message, or of the arguments of one tool call, while it is being written.
export const MAX_TEXT_BYTES = 256 * 1024;
/// Bytes of one stream of one running tool.
export const MAX_OUTPUT_BYTES = 64 * 1024;
/// Runs that have ended.
export const MAX_ENDED_RUNS = 64;
/// Entries of each list of what is open.
export const MAX_OPEN = 256;
