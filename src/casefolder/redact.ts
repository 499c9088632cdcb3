import type { ProcessEvent } from "../model/events.ts";
import type { Snapshot } from "../model/snapshot.ts";
import type { Untrusted } from "../model/text.ts";

/** What stands in place of a value that looked like a secret. */
export const REDACTED = "<redacted>";

/** What is taken for a secret, as the manifest says it. Conservative: a word that only might be one stays. */
export const REDACTION_RULES = [
  "NAME=VALUE where NAME ends in password, passwd, passphrase, secret, token, apikey, api-key, access-key, private-key or credentials, alone or within a longer argument",
  "the argument after --NAME of such a name",
  "the password in SCHEME://USER:PASSWORD@HOST",
  "what follows Authorization: or X-Auth-Token: or Cookie:",
  "-pPASSWORD of mysql, mysqldump, mysqladmin, mariadb, mariadb-dump and sshpass; USER:PASSWORD after -u or --user of curl",
] as const;

const NAME = "(?:pass(?:word|wd|phrase)|secret|token|(?:api|access|private)[-_]?key|credentials?)";
const HINT = new RegExp(`${NAME}|:\\/\\/|authorization:|cookie:|auth-token:`, "i");
const ASSIGNED = new RegExp(`(${NAME}=)("[^"]{0,4096}"|'[^']{0,4096}'|[^\\s'"&;|]+)`, "gi");
const OPTION = new RegExp(`^--?[\\w-]{0,40}${NAME}$`, "i");
const IN_URL = /(:\/\/[^\s/:@]{0,256}:)([^\s/@]{1,4096})(?=@)/g;
const IN_HEADER = /((?:authorization|cookie|auth-token):)\s*[^\r\n'"]+/gi;
const WITH_DASH_P = new Set([
  "mysql",
  "mysqldump",
  "mysqladmin",
  "mariadb",
  "mariadb-dump",
  "mariadb-admin",
  "sshpass",
]);

/** The arguments with the values of secrets taken out; the same array when there is none. */
export function redactArguments(argv: readonly Untrusted[]): readonly Untrusted[] {
  const program = argv[0]?.split("/").at(-1) ?? "";
  let hidden = false;
  let before = "";
  const words = argv.map((word, index) => {
    const kept = index === 0 ? word : redactWord(program, before, word);
    hidden ||= kept !== word;
    before = word;
    return kept;
  });
  return hidden ? words : argv;
}

function redactWord(program: string, before: Untrusted, word: Untrusted): Untrusted {
  if (OPTION.test(before) && !word.startsWith("-")) return REDACTED;
  if (WITH_DASH_P.has(program)) {
    if (/^-p./s.test(word)) return `-p${REDACTED}`;
    if (program === "sshpass" && before === "-p") return REDACTED;
  }
  if (program === "curl" && (before === "-u" || before === "--user") && word.includes(":"))
    return word.slice(0, word.indexOf(":") + 1) + REDACTED;
  if (!HINT.test(word)) return word;
  return word.replace(ASSIGNED, `$1${REDACTED}`).replace(IN_URL, `$1${REDACTED}`).replace(IN_HEADER, `$1 ${REDACTED}`);
}

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
