import { AuditReader } from "../formats/audit/reader.ts";
import type { FormatReader, SinkOf, StreamFormat } from "../formats/types.ts";

/** Records of an event come within this of each other, ms: ausearch waits as long. */
const GRACE_MS = 2000;

/**
 * Readers of logs that are still written. The audit reader holds its newest events until later ones have come, to put them in
 * order; where none come for a while it has to be told that time goes by. While bytes keep coming nothing is changed, so that a log
 * read from a pipe gives what it gives from a file.
 */
export class LiveReaders {
  readonly #audit: AuditReader[] = [];
  #lastBytes = 0;

  /** A reader that can be told, null for formats that hold nothing back. */
  open(format: StreamFormat, sinkOf: SinkOf): FormatReader | null {
    if (format.id !== "audit") return null;
    const reader = new AuditReader(sinkOf);
    this.#audit.push(reader);
    return {
      push: (chunk, file) => {
        this.#lastBytes = performance.now();
        reader.push(chunk, file);
      },
      end: () => reader.end(),
    };
  }

  handOn(): void {
    if (performance.now() - this.#lastBytes < GRACE_MS) return;
    for (const reader of this.#audit) reader.handOn(Date.now() - GRACE_MS);
  }
}
