/** One row of a table that strace -c or ltrace -c printed. */
export interface SummaryRow {
  name: string;
  calls: number;
  errors: number;
}

/** A line that heads such a table (strace: src/count.c; ltrace: summary.c); columns differ with version, -w and -U. */
export function isSummaryHeader(line: string): boolean {
  return (
    /% time/.test(line) && /\bcalls\b/.test(line) && /\b(?:syscall|function)\s*$|^\s*(?:syscall|function)\b/.test(line)
  );
}

/** Reads the rows below a header, by the names of its columns. */
export class SummaryTable {
  readonly #columns: string[];

  constructor(header: string) {
    this.#columns = header.trim().replace("% time", "%time").split(/\s+/);
  }

  /** A row; "line" for dashes and the total; null when it is no part of the table. */
  row(line: string): SummaryRow | "line" | null {
    if (/^[- ]+$/.test(line)) return "line";
    const columns = this.#columns;
    const words = line.trim().split(/\s+/);
    if (words.at(columns[0] === "syscall" || columns[0] === "function" ? 0 : -1) === "total") return "line";
    const errors = columns.indexOf("errors");
    const last = columns.length - 1;
    // Errors are blank when there are none; a C++ name of ltrace -C may hold blanks.
    if (errors !== -1 && words.length === last) words.splice(errors, 0, "0");
    else if (columns[last] === "function" && words.length > columns.length)
      words.splice(last, words.length, words.slice(last).join(" "));
    if (words.length !== columns.length) return null;
    const value = (name: string): string | undefined => words[columns.indexOf(name)];
    const name = value("syscall") ?? value("function") ?? "";
    const calls = Number(value("calls"));
    if (!/^\d+[.,]?\d*$/.test(value("%time") ?? "") || !Number.isSafeInteger(calls)) return null;
    return { name, calls, errors: Number(value("errors") ?? 0) || 0 };
  }
}
