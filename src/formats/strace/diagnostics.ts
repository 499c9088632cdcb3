import { SPACE } from "../text/bytes.ts";

/** What strace itself says on standard error; written in the middle of a line when one is open. */
export interface Diagnostic {
  /** Where it begins in the text that was looked at. */
  at: number;
  what: "attached" | "mode" | "other";
  pid: number;
  /** Of `mode`. */
  bits: 32 | 64;
}

const MESSAGE =
  /(?:strace: )?(?:Process (\d+) (attached|detached|resumed|suspended)(?: [^"<>]*)?|\[ Process PID=(\d+) runs in (\S+?)(?: bit)? mode\. \])$/;

/** Whether the last bytes of a line may be such a message: `attached`, `2 threads`, `mode. ]`, `ready)`, `parent)`. Cheap; nearly always no. */
export function mayEndInDiagnostic(bytes: Uint8Array, to: number): boolean {
  switch (bytes[to - 1]) {
    case 0x64:
      return bytes[to - 2] === 0x65;
    case 0x73:
      return bytes[to - 2] === 0x64;
    case 0x5d:
      return bytes[to - 2] === SPACE;
    case 0x29:
      return bytes[to - 2] === 0x79 || (bytes[to - 2] === 0x74 && bytes[to - 3] === 0x6e);
    default:
      return false;
  }
}

/** The message that ends this text, or null. */
export function diagnosticAtEnd(text: string): Diagnostic | null {
  const found = MESSAGE.exec(text);
  if (found === null) return null;
  const [, pid, what, modePid, mode] = found;
  if (modePid !== undefined)
    return { at: found.index, what: "mode", pid: Number(modePid), bits: mode === "64" ? 64 : 32 };
  return { at: found.index, what: what === "attached" ? "attached" : "other", pid: Number(pid), bits: 64 };
}
