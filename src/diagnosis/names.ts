import { constants } from "node:os";
import type { Actor, Ending } from "../derive/family.ts";
import type { Image } from "../derive/image.ts";
import { baseName } from "../detect/measure.ts";
import type { Untrusted } from "../model/text.ts";

const SIGNALS = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name]));

/** `SIGSEGV` for 11; `SIG64` style for numbers without a name (real-time signals). */
export function signalName(signal: number): string {
  return SIGNALS.get(signal) ?? `SIG${signal}`;
}

/** How a program ended, in the words of strace(1) users: `exit 1`, `SIGSEGV`; null when the source does not tell. */
export function endingName(ending: Ending): string | null {
  if (ending.signal !== null) return signalName(ending.signal);
  return ending.code === null ? null : `exit ${ending.code}`;
}

/** `init (pid 812)`; `PID 812` where the evidence has no name for it. */
export function processName(process: { pid: number; exe: Untrusted | null; comm: Untrusted }): Untrusted {
  const name = baseName(process);
  return name === "" ? `PID ${process.pid}` : `${name} (pid ${process.pid})`;
}

export function actorName(actor: Actor): Untrusted {
  return processName({ pid: actor.pid, exe: actor.image.exe, comm: actor.image.comm });
}

/** The file of a program, or its task name in parentheses while the file is not known. */
export function programName(image: Pick<Image, "exe" | "comm">): Untrusted {
  return image.exe ?? `(${image.comm === "" ? "?" : image.comm})`;
}
