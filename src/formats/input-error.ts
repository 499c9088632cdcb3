import { otherFile } from "./other-files.ts";

/**
 * Why an input could not be used, or not wholly:
 * - `missing`: nothing has this name          - `unreadable`: no permission, or an I/O error
 * - `empty`: no bytes                         - `unrecognised`: no format knows these bytes
 * - `special`: a FIFO, device or socket, or a link found in a folder; reading it could block or lead elsewhere
 * - `terminal`: standard input is a terminal  - `compressed`: by something other than gzip, zstd and xz
 * - `damaged`: it ends too early or its checksum is wrong; what came before has been read
 */
export type InputReason =
  "missing" | "unreadable" | "empty" | "unrecognised" | "special" | "terminal" | "compressed" | "damaged";

/** An input that could not be used, and what to do about it. `path` is untrusted. */
export interface UnusableInput {
  path: string;
  reason: InputReason;
  /** The system's error code (EACCES), the compression's name (zstd), or what the file is instead, when it is known. */
  detail: string | null;
  /** What the user can do, in English. */
  remedy: string;
}

const REMEDIES: Readonly<Record<InputReason, string>> = {
  missing: "check the name; audit logs are usually in /var/log/audit",
  unreadable: "run as root, or copy the file to where you may read it",
  empty: "give a file with records; with auditd, `auditctl -l` shows whether any rule is loaded",
  unrecognised:
    "give an audit log as auditd wrote it (or as ausearch -i or journalctl -o json printed it), a log of strace, ltrace, perf script or another tracer, a trace.dat, or process accounting",
  special: "give a regular file, or send the stream to standard input and name it -",
  terminal: "send the log to standard input: `whoforks diagnose --from - < FILE`",
  compressed:
    "decompress it and send it to standard input: `bzcat FILE | whoforks diagnose --from -` (lz4cat, `zstdcat --long=31`)",
  damaged: "fetch the file again; the result covers only what could be read",
};

export function unusable(path: string, reason: InputReason, detail: string | null = null): UnusableInput {
  return { path, reason, detail, remedy: REMEDIES[reason] };
}

/** A file whose bytes no format knows. @param head its first bytes, unpacked */
export function unrecognised(path: string, head: Uint8Array): UnusableInput {
  const other = otherFile(head);
  return { ...unusable(path, "unrecognised", other?.what ?? null), ...(other !== null && { remedy: other.remedy }) };
}

/** An error of the file system as an unusable input. Anything else is no matter of input and is thrown on. */
export function fromSystemError(path: string, error: unknown): UnusableInput {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === undefined) throw error;
  if (code.startsWith("Z_")) return unusable(path, "damaged", code);
  if (code === "ETERMINAL") return unusable(path, "terminal");
  if (code === "ENXIO") return unusable(path, "special", code);
  return unusable(path, code === "ENOENT" || code === "ENOTDIR" ? "missing" : "unreadable", code);
}
