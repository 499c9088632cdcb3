import type { IdentifiedFile } from "../../identity/result.ts";
import { labelled } from "../layout.ts";
import type { Sheet } from "../screen.ts";
import { hasMessage, render, say } from "../text/catalogue/index.ts";
import { line, type Safe } from "../text/sanitise.ts";

type Reference = NonNullable<IdentifiedFile["reference"]>;
type Sets = NonNullable<Reference["strings"]>;

/** How far signatures vouch for the file, in one line. */
export function chainLines(sheet: Sheet, { chain }: IdentifiedFile): string[] {
  const { voice } = sheet;
  return chain === undefined
    ? []
    : labelled(sheet, say(voice, "label.signed"), [render(voice, chain.code, chain.args)]);
}

/** The file beside its reference: what differs; the rest with `verbose`. */
export function referenceLines(sheet: Sheet, { reference }: IdentifiedFile, verbose: boolean): string[] {
  if (reference === undefined) return [];
  const { voice } = sheet;
  const { path, package: from, member, facts, imports, strings, chain, damaged, kind } = reference;
  const head: Safe[] = [
    from === null
      ? say(voice, "reference.file", { path })
      : say(voice, "reference.package", { path, name: from.name, version: from.version, member }),
    ...(damaged === null ? [] : [say(voice, "reference.damaged", { damaged })]),
    ...(chain === null ? [] : [render(voice, chain.code, chain.args)]),
  ];
  if (facts.length === 0) {
    if (kind !== "file" && member === null) head.push(say(voice, "reference.not-in-package"));
    return labelled(sheet, say(voice, "label.reference"), head);
  }
  const differing = facts.filter(({ same }) => verbose || !same);
  const rows = differing.map(({ what, found, reference: other }) => {
    const code = `reference.fact.${what}`;
    return say(voice, "reference.row", {
      what: hasMessage(code) ? say(voice, code) : what,
      found: found ?? "-",
      other: other ?? "-",
    });
  });
  return [
    ...labelled(sheet, say(voice, "label.reference"), [
      ...head,
      ...(differing.length === 0 ? [say(voice, "reference.same")] : rows),
      ...setLines(sheet, "reference.imports", imports),
      ...setLines(sheet, "reference.strings", strings),
    ]),
  ];
}

function setLines({ voice }: Sheet, code: "reference.imports" | "reference.strings", sets: Sets | null): Safe[] {
  if (sets === null || sets.onlyFound + sets.onlyReference === 0) return [];
  const { common, onlyFound, onlyReference, examplesFound, examplesReference } = sets;
  return [
    say(voice, code, { common, onlyFound, onlyReference }),
    ...(examplesFound.length === 0 ? [] : [line`  ${say(voice, "reference.only-found", { names: examplesFound })}`]),
    ...(examplesReference.length === 0
      ? []
      : [line`  ${say(voice, "reference.only-there", { names: examplesReference })}`]),
  ];
}
