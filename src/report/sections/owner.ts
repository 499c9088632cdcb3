import type { Storm } from "../../diagnosis/result.ts";
import type { FileFacts, Identity } from "../../diagnosis/result.ts";
import { indentedTable, labelled, sentence, type Column } from "../layout.ts";
import type { Screen } from "../screen.ts";
import { render, say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";
import { name, words } from "../text/voice.ts";
import { clauses, tells } from "./clauses.ts";

/** What starts it again: unit, directive, file and line, then what the limit and the search path mean for it. */
export function restartSection(screen: Screen, storm: Storm | null): string[] {
  const { voice, diagnosis } = screen;
  const restarts = diagnosis.restarts.filter((restart) => storm === null || restart.storm === storm.id).slice(0, 3);
  const leads = restarts.map(({ supervisor, unit, directive, file, line: at }) =>
    say(voice, "line.restart", { supervisor, unit, directive, file, line: at }),
  );
  const told = clauses(screen, "restart", leads.length > 0 ? ["chain.restarted-by", "chain.started-by"] : []);
  // One job: its line and what it means are one text. Several: a line for each first.
  const bodies = leads.length > 1 ? leads : [];
  const rest = leads.length > 1 ? told : [...leads, ...told];
  if (rest.length === 0 && storm !== null && lookedAndFoundNone(screen, storm)) {
    rest.push(say(voice, "line.restart-none", { program: storm.program.exe }));
  }
  if (rest.length > 0) bodies.push(sentence(screen, rest));
  return labelled(screen, say(voice, "label.restart"), bodies);
}

const ENDS_AND_COMES_BACK = new Set(["self-replicating-chain", "respawn-loop", "crash-loop"]);

/** No job found although everything needed to look was there: an answer, unlike silence about what was not looked at. */
function lookedAndFoundNone({ diagnosis }: Screen, storm: Storm): boolean {
  const couldNot = diagnosis.couldNotLook.some(({ code }) => /^(?:supervisors|identity)\./.test(code));
  return !couldNot && diagnosis.sources.length > 0 && storm.program.exe !== null && ENDS_AND_COMES_BACK.has(storm.kind);
}

const VERDICT_STEPS: Record<Identity["verdict"], string> = {
  genuine: "chain.genuine",
  modified: "chain.modified",
  impostor: "chain.impostor",
  unpackaged: "chain.not-packaged",
  local: "chain.local",
  deleted: "chain.deleted",
  "memory-only": "chain.memory-only",
  unverifiable: "chain.unverifiable",
};

/** Whether the program is what its name claims, with its genuine twin side by side. */
export function programSection(screen: Screen, storm: Storm | null): string[] {
  const { voice, diagnosis } = screen;
  const identity = identityOf(screen, storm);
  const told = clauses(screen, "program");
  if (identity !== null && !tells(screen, Object.values(VERDICT_STEPS))) told.unshift(verdictOf(screen, identity));
  const lines = told.length === 0 ? [] : labelled(screen, say(voice, "label.program"), [sentence(screen, told)]);
  return identity === null ? lines : [...lines, ...twinLines(screen, identity, diagnosis.identities)];
}

/** The judgement of the storm's program. */
export function identityOf({ diagnosis }: Screen, storm: Storm | null): Identity | null {
  if (storm === null || storm.program.exe === null) return null;
  const { exe, root } = storm.program;
  return diagnosis.identities.find((one) => one.path === exe && one.root === root) ?? null;
}

function verdictOf({ voice }: Screen, identity: Identity): Safe {
  const { path, owner, claims, verdict } = identity;
  return render(voice, VERDICT_STEPS[verdict], {
    program: path,
    package: claims?.package ?? owner?.package,
    version: owner?.version,
    genuine: claims?.path,
  });
}

// The most telling first: the last ones go when the screen is narrow.
const TWIN_COLUMNS: Column[] = [{}, { shrinks: true }, { right: true }, {}, {}, {}, {}];

/** The file and its twin one above the other, as `ls -l` would show them. */
function twinLines(screen: Screen, identity: Identity, all: readonly Identity[]): string[] {
  const { voice } = screen;
  const twin = identity.twins.find((one) => one.path === identity.claims?.path) ?? identity.twins[0];
  if (twin === undefined || identity.file === null) return [];
  const judged = all.find((one) => one.path === twin.path && one.root === identity.root);
  const twinFacts = { ...identity, path: twin.path, owner: twin.owner, elf: judged?.elf ?? null };
  const label = twin.path === identity.claims?.path ? say(voice, "label.genuine") : say(voice, "label.twin");
  const rows = [
    row(screen, say(voice, "label.this"), identity, identity.file),
    row(screen, label, twinFacts, judged?.file ?? { ...genuineByReasons(identity), size: twin.size }),
  ];
  return indentedTable(screen, 11, TWIN_COLUMNS, rows);
}

/** What the comparison found about the genuine file, where the twin itself was not judged. */
function genuineByReasons(identity: Identity): { mode?: string; mtime?: string } {
  const genuine = (code: string): unknown => identity.reasons.find((one) => one.code === code)?.args["genuine"];
  const mode = genuine("identity.mode-differs");
  const mtime = genuine("identity.mtime-differs");
  return { ...(typeof mode === "string" ? { mode } : {}), ...(typeof mtime === "string" ? { mtime } : {}) };
}

function row(
  { voice }: Screen,
  label: Safe,
  of: Pick<Identity, "path" | "owner" | "elf">,
  file: Partial<FileFacts>,
): Safe[] {
  const { elf, owner } = of;
  return [
    label,
    name(voice, of.path),
    file.size === undefined ? line`?` : say(voice, "line.exactly", { size: file.size }),
    file.mode === undefined ? line`?` : words(voice, file.mode),
    file.mtime === undefined ? line`?` : words(voice, file.mtime.slice(0, 10)),
    elf === null ? line`` : say(voice, elf.static ? "line.elf-short-static" : "line.elf-short", { bits: elf.bits }),
    owner === null
      ? say(voice, "line.unowned")
      : say(voice, "line.owner", { package: owner.package, version: owner.version }),
  ];
}
