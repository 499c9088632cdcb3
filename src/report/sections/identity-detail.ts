import type { Identity } from "../../diagnosis/result.ts";
import { besides, labelled } from "../layout.ts";
import type { Sheet, Screen } from "../screen.ts";
import { render, say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";
import { words } from "../text/voice.ts";

/** One block for each file that was judged: what speaks for the verdict, and the facts of the file. */
export function identityDetails(screen: Screen): string[][] {
  return screen.diagnosis.identities.map((identity) => identityDetail(screen, identity));
}

/** The block for one file. */
export function identityDetail(sheet: Sheet, identity: Identity): string[] {
  const { voice, paint } = sheet;
  const title = say(voice, "title.identity", {
    path: identity.path,
    verdict: say(voice, `identity-verdict.${identity.verdict}`),
  });
  return [
    ...besides(sheet, line``, String, [title], paint.bold),
    ...identity.reasons.flatMap(({ code, args, weight }) =>
      labelled(sheet, say(voice, `label.${weight}`), [render(voice, code, args)]),
    ),
    ...besides(sheet, line`  `, String, factsOf(sheet, identity), paint.dim),
  ];
}

/** The facts of a file, one a line. */
export function factsOf({ voice }: Sheet, identity: Identity): Safe[] {
  const { file, elf, attack } = identity;
  const facts: Safe[] = [];
  if (file !== null) {
    facts.push(
      say(voice, "line.file", { ...file }),
      say(voice, "line.times", { ...file }),
      line`sha256 ${words(voice, file.sha256)}`,
    );
  }
  if (elf !== null) {
    const { bits, machine, type, needed, buildId, entropy, interpreter } = elf;
    facts.push(say(voice, elf.static ? "line.elf-static" : "line.elf", { bits, machine }));
    facts.push(say(voice, "line.elf-more", { type, needed, buildId, entropy, interpreter }));
  }
  if (attack.length > 0) facts.push(line`MITRE ATT&CK: ${words(voice, attack.join(", "))}`);
  return facts;
}
