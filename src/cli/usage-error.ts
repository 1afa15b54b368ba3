/** Thrown for a wrong command line; leads to exit code 2 and the command's usage. */
export class UsageError extends Error {}
