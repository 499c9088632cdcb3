import type { ProcessEvent } from "../../model/events.ts";
import type { Untrusted } from "../../model/text.ts";

/** What events told of a process. */
export interface Told {
  comm: Untrusted;
  exe: Untrusted | null;
}

const MOST = 65_536;

/** Processes that were forked in the window and whose end was not reported, by PID of the initial PID namespace. */
export class LivingByEvents {
  readonly living = new Map<number, Told>();

  note(event: ProcessEvent): void {
    if (event.type === "fork") {
      if (!event.thread && event.child !== null && this.living.size < MOST)
        this.living.set(event.child, { comm: event.comm, exe: null });
    } else if (event.type === "exit") {
      if (!event.thread) this.living.delete(event.pid);
    } else if (event.type === "exec" && event.error === 0) {
      const told = this.living.get(event.pid);
      if (told === undefined) return;
      told.comm = event.comm;
      told.exe = event.exe;
    }
  }
}
