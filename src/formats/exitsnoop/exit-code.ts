/** The column EXIT_CODE. */
export interface ExitCode {
  /** Exit status 0 to 255; null: a signal ended it. */
  code: number | null;
  signal: number | null;
  core: boolean;
}

/** `0`, `code 3`, `signal 11 (SEGV)` of bcc, `signal 9 (Killed)` of libbpf-tools (strsignal), behind it `, core dumped`. */
const CODE = /^ *(?:(0)|code (-?\d{1,9})|signal (\d{1,3}) \([^()]{0,64}\)(, core dumped)?) *$/;

/** Null where the text is none of those. */
export function exitCodeOf(text: string): ExitCode | null {
  const found = CODE.exec(text);
  if (found === null) return null;
  const [, zero, code, signal, core] = found;
  if (signal !== undefined) return { code: null, signal: Number(signal), core: core !== undefined };
  return { code: zero === undefined ? Number(code) & 0xff : 0, signal: null, core: false };
}
