import type { Untrusted } from "../../model/text.ts";

/**
 * Tokens of upstart's job files, as libnih's nih/config.c reads them: quotes and backslashes may stand anywhere in a
 * word, a backslash at the end of a line continues it, `#` starts a comment. NUL counts as every kind of separator,
 * because strchr(3) finds the end of its own list.
 */
export class TokenReader {
  readonly text: Untrusted;
  pos = 0;
  #line = 1;
  #counted = 0;

  constructor(text: Untrusted) {
    this.text = text;
  }

  get atEnd(): boolean {
    return this.pos >= this.text.length;
  }

  /** Line (1-based) of the current position. */
  get line(): number {
    for (; this.#counted < this.pos; this.#counted++) if (this.text[this.#counted] === "\n") this.#line++;
    return this.#line;
  }

  /** Whether something other than a comment or the end of the line stands here (`nih_config_has_token`). */
  hasToken(): boolean {
    return !this.atEnd && !LINE_END.includes(this.text[this.pos] as string);
  }

  skipBlanks(): void {
    while (!this.atEnd && BLANKS.includes(this.text[this.pos] as string)) this.pos++;
  }

  skipLine(): void {
    const end = this.text.indexOf("\n", this.pos);
    this.pos = end < 0 ? this.text.length : end + 1;
  }

  /** One argument without its quotes, and the blanks and continued lines after it. Throws `SyntaxProblem` when there is none. */
  argument(extraDelimiters = ""): Untrusted {
    const value = this.#token(LINE_END + BLANKS + extraDelimiters, true);
    if (value === "") throw new SyntaxProblem("expected a word");
    while (!this.atEnd) {
      const c = this.text[this.pos] as string;
      if (c === "\\" && this.text[this.pos + 1] === "\n") this.pos += 2;
      else if (BLANKS.includes(c)) this.pos++;
      else break;
    }
    return value;
  }

  /** The rest of the line, continued lines joined by one blank, quotes and backslashes kept; the reader moves behind the line. */
  command(): Untrusted {
    if (!this.hasToken()) throw new SyntaxProblem("expected a command");
    const value = this.#token(LINE_END, false);
    this.skipLine();
    return value;
  }

  /** Expects nothing more than a comment, and moves to the next line. */
  endOfLine(): void {
    if (this.hasToken()) throw new SyntaxProblem("unexpected word at the end of the line");
    this.skipLine();
  }

  /** Text up to the line `end TYPE`; the reader moves behind that line. */
  block(type: string): Untrusted {
    const start = this.pos;
    const end = new RegExp(`^[ \\t\\r\\0]*end[ \\t\\r\\0]+${type}[ \\t\\r\\0]*(?:#.*)?$`);
    while (!this.atEnd) {
      const from = this.pos;
      this.skipLine();
      const line = this.text.slice(from, this.pos).replace(/\n$/, "");
      if (end.test(line)) return this.text.slice(start, from);
    }
    throw new SyntaxProblem(`no "end ${type}"`);
  }

  /** `nih_config_token`: reads up to an unquoted delimiter. */
  #token(delimiters: string, dequote: boolean): Untrusted {
    let out = "";
    let blanks = "";
    let newline = false;
    let quote = "";
    const { text } = this;
    for (; this.pos < text.length; this.pos++) {
      let c = text[this.pos] as string;
      let isQuote = false;
      if (c === "\\") {
        this.pos++;
        if (this.pos >= text.length) throw new SyntaxProblem("backslash at the end of the file");
        c = text[this.pos] as string;
        if (c === "\n") {
          newline = true;
          continue;
        }
        if (!dequote) c = "\\" + c;
      } else if (quote !== "") {
        if (c === quote) {
          quote = "";
          isQuote = true;
        } else if (c === "\n") {
          newline = true;
          continue;
        } else if (BLANKS.includes(c)) {
          blanks += c;
          continue;
        }
      } else if (c === '"' || c === "'") {
        quote = c;
        isQuote = true;
      } else if (delimiters.includes(c)) break;
      else if (BLANKS.includes(c)) {
        blanks += c;
        continue;
      }
      // A line break becomes one blank, with the blanks around it.
      out += newline ? " " : blanks;
      if (!(isQuote && dequote)) out += c;
      blanks = "";
      newline = false;
    }
    if (quote !== "") throw new SyntaxProblem("quote without end");
    return out;
  }
}

/** A place in a job file that upstart refuses; it refuses the whole file then. */
export class SyntaxProblem extends Error {}

const BLANKS = " \t\r\0";
const LINE_END = "#\n\0";
