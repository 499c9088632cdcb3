/** `auid=` and `ses=` of processes that nobody logged in for: (unsigned)-1. */
const UNSET = "4294967295";
const MOST = 64;
const SHOWN = 3;
const AUID = " auid=";
const SES = " ses=";
const NEWLINE = 0x0a;

/** Counts the calls of each login: audit alone tells for which login and session a process runs, after su and sudo too. */
export class Logins {
  readonly #calls = new Map<string, number>();

  /** Takes whole lines of records. */
  take(lines: Uint8Array): void {
    const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
    for (let at = bytes.indexOf(AUID); at >= 0; at = bytes.indexOf(AUID, at)) {
      const end = bytes.indexOf(NEWLINE, at);
      const ses = bytes.indexOf(SES, at);
      if (ses >= 0 && (end < 0 || ses < end))
        this.#count(`${numberAt(bytes, at + AUID.length)} ${numberAt(bytes, ses + SES.length)}`);
      if (end < 0) return;
      at = end;
    }
  }

  #count(login: string): void {
    const known = this.#calls.get(login);
    if (known !== undefined || this.#calls.size < MOST) this.#calls.set(login, (known ?? 0) + 1);
  }

  /** One sentence about those with the most calls; none where no process belongs to a login. */
  sentences(): string[] {
    const ranked = [...this.#calls].sort(([, a], [, b]) => b - a);
    if (ranked.every(([login]) => login.startsWith(`${UNSET} `))) return [];
    const words = ranked.slice(0, SHOWN).map(([login, calls]) => {
      const [uid, session] = login.split(" ");
      const who =
        uid === UNSET ? "no login" : `login of uid ${uid}${session === UNSET ? "" : ` in session ${session}`}`;
      return `${who} ${calls}`;
    });
    return [`calls by login: ${words.join(", ")}`];
  }
}

function numberAt(bytes: Buffer, from: number): string {
  let end = from;
  while ((bytes[end] as number) >= 0x30 && (bytes[end] as number) <= 0x39) end++;
  return bytes.toString("latin1", from, Math.min(end, from + 10));
}
