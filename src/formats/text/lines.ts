import { skip, type SourceLedger } from "../../model/ledger.ts";
import { fromBytes } from "../../model/text.ts";
import { LineCutter } from "./line-cutter.ts";

/** Lines of a stream: `read = parsed + skipped`, blank ones (and comments, where a format has them) apart. */
export interface LineCounts {
  read: number;
  parsed: number;
  skipped: number;
  blank: number;
}

const QUOTED = 120;

/**
 * What every reader of text does with a stream: it cuts it into lines, begins anew with each file, counts, and keeps the first three
 * lines that were not understood. The reader counts what it has `parsed` and what is `blank`, and calls `skip` for the rest.
 */
export class Lines implements LineCounts {
  parsed = 0;
  skipped = 0;
  blank = 0;
  /** The file being read; null before the first. */
  file: string | null = null;
  readonly #ledger: SourceLedger;
  readonly #cutter: LineCutter;
  readonly #fileEnds: () => void;

  /**
   * @param take gets a line as `LineCutter` gives it
   * @param fileEnds is called behind the last line of each file, while `file` still names it
   */
  constructor(
    ledger: SourceLedger,
    take: (bytes: Uint8Array, from: number, to: number) => void,
    fileEnds: () => void = () => undefined,
  ) {
    this.#ledger = ledger;
    this.#fileEnds = fileEnds;
    this.#cutter = new LineCutter(take, (bytes) => this.skip("a line of more than 1 MiB", bytes));
  }

  /** As `FormatReader.push`. A file that ends without newline was cut there; the next one begins a line of its own. */
  push(chunk: Uint8Array, file: string): void {
    if (file !== this.file) {
      this.#endFile();
      this.file = file;
      this.#ledger.path ??= file;
    }
    this.#cutter.push(chunk);
  }

  /** No more bytes: takes the last line, and writes into the ledger how many were skipped. */
  end(): void {
    this.#endFile();
    this.#ledger.skipped = this.skipped;
  }

  /** Number of the line being taken, from 1 in each file. */
  get line(): number {
    return this.#cutter.line;
  }

  get read(): number {
    return this.parsed + this.skipped;
  }

  /** Where the line being taken stands: `FILE line 17`. */
  where(): string {
    return `${this.file ?? "input"} line ${this.#cutter.line}`;
  }

  /** Counts a line that is not understood: [from, to) of `bytes`, at `at` if not where the reader is. */
  skip(why: string, bytes: Uint8Array, from = 0, to = bytes.length, at: string | null = null): void {
    this.skipped++;
    if (this.#ledger.examples.length >= 3) return;
    const quote = Buffer.from(bytes.subarray(from, Math.min(to, from + QUOTED)));
    skip(this.#ledger, at ?? this.where(), why, fromBytes(quote));
  }

  counts(): LineCounts {
    const { read, parsed, skipped, blank } = this;
    return { read, parsed, skipped, blank };
  }

  #endFile(): void {
    this.#cutter.endFile();
    if (this.file !== null) this.#fileEnds();
  }
}
