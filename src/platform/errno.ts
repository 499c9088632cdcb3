/** The errno name of a failed system call (`ENOENT`), or "" when the error is not one. */
export function errnoOf(error: unknown): string {
  return (error as NodeJS.ErrnoException | null)?.code ?? "";
}

/** "EACCES: permission denied" without the call and the path, for sentences that name them themselves. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split(", ")[0] ?? message;
}
