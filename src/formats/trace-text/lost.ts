/** `CPU:1 [LOST 12 EVENTS]` of the kernel, `CPU:1 [12 EVENTS DROPPED]` of trace-cmd; without a number when nobody knows it. */
const LOST = /^CPU:\d+ \[(?:LOST(?: (\d+))? EVENTS|(?:(\d+) )?EVENTS DROPPED)\]/;
/** `PERF_RECORD_LOST lost 12` (perf script --show-lost-events). */
const PERF_LOST = /^(?:_SAMPLES)? ?lost:? (\d+)/;
/** `# entries-in-buffer/entries-written: 200/350   #P:2`: the rest was overwritten. */
const WRITTEN = /^# entries-in-buffer\/entries-written: (\d+)\/(\d+)/;

/** What a trace says about events that are gone. */
export class Losses {
  /** Events said to be lost between others, and how often nobody knew how many. */
  #between = 0;
  #unknown = 0;
  #overwritten = 0;

  /** Whether the line tells of a loss. */
  line(text: string): boolean {
    const lost = LOST.exec(text);
    if (lost !== null) {
      const count = lost[1] ?? lost[2];
      if (count === undefined) this.#unknown++;
      else this.#between += Number(count);
      return true;
    }
    const written = WRITTEN.exec(text);
    if (written !== null) this.#overwritten += Math.max(0, Number(written[2]) - Number(written[1]));
    return written !== null;
  }

  /** Whether a record of perf tells of a loss. */
  record(event: string, fields: string): boolean {
    if (!event.startsWith("PERF_RECORD_LOST")) return false;
    const lost = PERF_LOST.exec(fields.trimStart());
    if (lost === null) this.#unknown++;
    else this.#between += Number(lost[1]);
    return true;
  }

  /** Events lost in all; null when something was lost and nobody says how much. */
  get lost(): number | null {
    const told = this.#between + this.#overwritten;
    return told === 0 && this.#unknown > 0 ? null : told;
  }
}
