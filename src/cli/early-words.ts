import type { Derived } from "../derive/index.ts";
import { detect } from "../detect/index.ts";
import type { Finding } from "../detect/types.ts";
import { programName } from "../diagnosis/names.ts";
import { render, say } from "../report/text/catalogue/index.ts";
import type { Language } from "../report/text/language.ts";
import { voiceOf } from "../report/text/voice.ts";

/** A standard input that ends sooner needs no word in between: its whole report comes at once. */
const FIRST_AFTER_MS = 1500;
const EVERY_MS = 500;

export interface EarlyWords {
  stop(): void;
}

/**
 * For a log that is still written (`tail -F … | whoforks diagnose --from -`): tells each storm on standard error as soon as it shows,
 * and again when it turns out to be another one. The whole report comes when the log ends, or after Ctrl-C.
 * @param parts the sums so far of each host; @param write gets one line each time
 */
export function tellEarly(
  parts: () => Derived[],
  look: () => void,
  language: Language,
  write: (line: string) => void,
): EarlyWords {
  const told = new Map<number, string>();
  const started = performance.now();
  const timer = setInterval(() => {
    look();
    if (performance.now() - started < FIRST_AFTER_MS) return;
    for (const [host, derived] of parts().entries()) {
      const worst = worstOf(derived);
      if (worst === undefined) continue;
      const program = programName(worst.subject.image);
      const key = `${worst.kind} ${program}`;
      if (told.get(host) === key) continue;
      told.set(host, key);
      const voice = voiceOf(language);
      const { perSecond, starts } = worst;
      const sentence = say(voice, "early.finding", { program, perSecond, starts });
      write(`whoforks: ${render(voice, `kind.${worst.kind}`)}: ${sentence}\n`);
    }
  }, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

/** Judged by what has come so far; what the log's records cannot tell at all is said by the whole report. */
function worstOf(derived: Derived): Finding | undefined {
  const known = { exitStatus: true as const, lineage: derived.forks > 0, lifetimes: derived.exits > 0 };
  const seconds = Math.max(1e-3, (derived.lastTs - derived.firstTs) / 1e9);
  return detect(derived, known, seconds).findings.find((finding) => !finding.benign);
}
