import type { Untrusted } from "./text.ts";

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

/** Words before the program of a command in a shell. */
const BEFORE_PROGRAM = /^(?:sudo|doas|env|nohup|exec|time|command|[A-Za-z_][A-Za-z0-9_]*=.*)$/s;

/** The same for a line of a shell or a log: each of its commands is looked at by itself. */
export function redactLine(line: Untrusted): Untrusted {
  const plain = HINT.test(line)
    ? line.replace(ASSIGNED, `$1${REDACTED}`).replace(IN_URL, `$1${REDACTED}`).replace(IN_HEADER, `$1 ${REDACTED}`)
    : line;
  return plain
    .split(/([|;&\n]+)/)
    .map((part, at) => (at % 2 === 1 ? part : redactCommand(part)))
    .join("");
}

function redactCommand(command: Untrusted): Untrusted {
  const pieces = command.split(/(\s+)/);
  const places = pieces.flatMap((piece, at) => (at % 2 === 0 && piece !== "" ? [at] : []));
  const first = places.findIndex((at) => !BEFORE_PROGRAM.test(pieces[at] as string));
  if (first === -1) return command;
  const own = places.slice(first);
  const words = redactArguments(own.map((at) => pieces[at] as string));
  for (const [index, at] of own.entries()) pieces[at] = words[index] as string;
  return pieces.join("");
}
