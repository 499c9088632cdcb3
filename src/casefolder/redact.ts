import type { ProcessEvent } from "../model/events.ts";
import { redactArguments } from "../model/redact.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";

/** Takes secrets out of arguments and counts the command lines that had any. */
export class Redaction {
  /** Command lines in which something was taken out. */
  count = 0;

  event(event: ProcessEvent): ProcessEvent {
    if (event.type !== "exec" || event.argv === null) return event;
    const argv = this.#argv(event.argv);
    return argv === event.argv ? event : { ...event, argv: [...argv] };
  }

  snapshot(snapshot: Snapshot): Snapshot {
    const processes: Snapshot["processes"] = new Map();
    for (const [pid, facts] of snapshot.processes) {
      const argv = facts.argv === null ? null : this.#argv(facts.argv);
      processes.set(pid, argv === facts.argv || argv === null ? facts : { ...facts, argv: [...argv] });
    }
    return { ...snapshot, processes };
  }

  #argv(argv: readonly Untrusted[]): readonly Untrusted[] {
    const redacted = redactArguments(argv);
    if (redacted !== argv) this.count++;
    return redacted;
  }
}
