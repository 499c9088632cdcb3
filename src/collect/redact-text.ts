import { REDACTED, redactArguments } from "../model/redact.ts";
import { fromBytes, toBytes } from "../model/text.ts";

/** `password = x`, `"api_key": "x"`, `Environment=DB_PASSWORD=x`: what configuration adds to the rules for arguments. */
const ASSIGNED =
  /((?:pass(?:word|wd|phrase)?|secret|token|(?:api|access|private)[-_]?key|credentials?)["']?\s*[:=]\s*)(?!<redacted>)(\S.*)$/i;
const KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/** What is taken for a secret in a file of configuration, beside what is one in arguments. */
export const TEXT_RULES = [
  "in files: the rest of a line after a name that ends in password, passwd, pass, passphrase, secret, token, apikey, access-key, private-key or credentials and a colon or an equals sign",
  "in files: private keys between their BEGIN and END lines",
] as const;

/** The same bytes with the values of secrets taken out, and how many lines or keys had any. */
export function redactText(bytes: Uint8Array): { bytes: Uint8Array; replaced: number } {
  let replaced = 0;
  const withoutKeys = fromBytes(bytes).replace(KEY, () => {
    replaced++;
    return REDACTED;
  });
  const lines = withoutKeys.split("\n").map((line) => {
    const kept = redactLine(line);
    if (kept !== line) replaced++;
    return kept;
  });
  return replaced === 0 ? { bytes, replaced } : { bytes: toBytes(lines.join("\n")), replaced };
}

function redactLine(line: string): string {
  // Words stand at even places, the blanks between them at odd ones.
  const parts = line.split(/(\s+)/);
  const words = parts.filter((_, at) => at % 2 === 0);
  const kept = redactArguments(["", ...words]).slice(1);
  return parts
    .map((part, at) => (at % 2 === 0 ? (kept[at / 2] ?? part) : part))
    .join("")
    .replace(ASSIGNED, `$1${REDACTED}`);
}
