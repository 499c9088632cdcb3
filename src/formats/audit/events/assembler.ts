import type { Untrusted } from "../../../model/text.ts";
import { SerialNumbers } from "../serial-numbers.ts";

/** One record as it came: its body in Latin-1. */
export interface HeldRecord {
  type: string;
  body: string;
}

/** An event whose records are still being gathered. */
export interface HeldEvent {
  host: Untrusted | null;
  ms: number;
  serial: number;
  local: boolean;
  file: string;
  line: number;
  records: HeldRecord[];
  bytes: number;
  late: boolean;
  /** Clock of the last record, for logs that are read while they are written. */
  touched: number;
  /** Whether the record has come after which, as a rule, none follows. */
  closed: boolean;
}

/** So many younger events may begin before an event is told: records of neighbours are mixed, and a log may be out of order. */
const PATIENCE = 256;
const MOST_BYTES = 16 << 20;
const REMEMBERED = 4096;

/** Records after which no other follows (audit-userspace common/common.c audit_is_last_record), and those that stand alone. */
function isLast(type: string): boolean {
  return (
    type === "PROCTITLE" ||
    type === "EOE" ||
    type === "USER" ||
    type === "KERNEL" ||
    /^(?:USER|CRED|DAEMON|SERVICE|SYSTEM|ANOM|CRYPTO|VIRT|RESP|ADD|DEL|GRP|ROLE)_/.test(type)
  );
}

/**
 * Puts the records of one host's events together. Events come out in the order in which their first records came; a record
 * that comes after its event was told makes a late event of its own, so nothing is lost.
 */
export class Assembler {
  readonly host: Untrusted | null;
  readonly serials = new SerialNumbers();
  readonly #tell: (event: HeldEvent) => void;
  readonly #open = new Map<string, HeldEvent>();
  readonly #told = new Set<string>();
  /** The same in their order: a set that loses its oldest skips all that it lost before, each time. */
  readonly #toldInOrder: string[] = [];
  #toldNext = 0;
  #bytes = 0;

  constructor(host: Untrusted | null, tell: (event: HeldEvent) => void) {
    this.host = host;
    this.#tell = tell;
  }

  /** @param where gives file and line, asked for the first record of an event only */
  add(
    record: HeldRecord,
    ms: number,
    serial: number,
    local: boolean,
    now: number,
    where: () => { file: string; line: number },
  ): void {
    // auditd numbers its own records by itself.
    const own = record.type.startsWith("DAEMON_");
    const key = own ? `d${ms} ${serial}` : `${ms} ${serial}`;
    if (!own) this.serials.note(serial, ms);
    let event = this.#open.get(key);
    if (event === undefined) {
      const late = this.#told.has(key);
      event = {
        host: this.host,
        ms,
        serial,
        local,
        ...where(),
        records: [],
        bytes: 0,
        late,
        touched: now,
        closed: false,
      };
      this.#open.set(key, event);
    }
    event.touched = now;
    if (isLast(record.type)) event.closed = true;
    if (record.type !== "EOE" || event.records.length === 0) event.records.push(record);
    const size = record.body.length + 64;
    event.bytes += size;
    this.#bytes += size;
    while (this.#open.size > PATIENCE || (this.#bytes > MOST_BYTES && this.#open.size > 0)) this.#tellOldest();
  }

  /** Tells events that no record has joined for a while: those that are closed since `closed`, all others since `others`. */
  tellQuiet(closed: number, others: number): void {
    for (const [key, event] of this.#open)
      if (event.touched <= (event.closed ? closed : others)) this.#finish(key, event);
  }

  /** No more records. */
  end(): void {
    for (const [key, event] of this.#open) this.#finish(key, event);
  }

  #tellOldest(): void {
    for (const [key, event] of this.#open) return this.#finish(key, event);
  }

  #finish(key: string, event: HeldEvent): void {
    this.#open.delete(key);
    this.#bytes -= event.bytes;
    this.#remember(key);
    this.#tell(event);
  }

  #remember(key: string): void {
    if (this.#told.has(key)) return;
    const oldest = this.#toldInOrder[this.#toldNext];
    if (oldest !== undefined) this.#told.delete(oldest);
    this.#told.add(key);
    this.#toldInOrder[this.#toldNext] = key;
    this.#toldNext = (this.#toldNext + 1) % REMEMBERED;
  }
}
