/** Errors of damaged, remote and encrypted file systems that node has no names for (errno(3), asm-generic/errno.h). */
const UNNAMED: Readonly<Record<number, readonly [name: string, text: string]>> = {
  67: ["ENOLINK", "link has been severed"],
  70: ["ECOMM", "communication error on send"],
  74: ["EBADMSG", "bad message: the file system is damaged"],
  116: ["ESTALE", "stale file handle"],
  117: ["EUCLEAN", "structure needs cleaning: the file system is damaged"],
  122: ["EDQUOT", "disk quota exceeded"],
  123: ["ENOMEDIUM", "no medium found"],
  126: ["ENOKEY", "required key not available"],
  127: ["EKEYEXPIRED", "key has expired"],
  128: ["EKEYREVOKED", "key has been revoked"],
};

/** The errno name of a failed system call (`ENOENT`), or "" when the error is not one. */
export function errnoOf(error: unknown): string {
  return unnamed(error)?.[0] ?? (error as NodeJS.ErrnoException | null)?.code ?? "";
}

/** "EACCES: permission denied" without the call and the path, for sentences that name them themselves. */
export function reasonOf(error: unknown): string {
  const known = unnamed(error);
  if (known !== null) return `${known[0]}: ${known[1]}`;
  const message = error instanceof Error ? error.message : String(error);
  return message.split(", ")[0] ?? message;
}

/** Null where node itself has a name for it. */
function unnamed(error: unknown): readonly [string, string] | null {
  const { code, errno } = (error as NodeJS.ErrnoException | null) ?? {};
  if (typeof errno !== "number" || code?.startsWith("Unknown system error") !== true) return null;
  return UNNAMED[-errno] ?? null;
}
