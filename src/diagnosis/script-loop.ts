import type { Untrusted } from "../model/text.ts";

const OPENS = /(?:^|[;&|{(]|\b(?:do|then|else)\b)\s*(?:while|until|for|select)\b/g;
const CLOSES = /(?:^|[;&|})]|\s)done\b/g;
const ENDLESS = /\b(?:while\s+(?:true|:|\[\s+1\s+\])|until\s+false|for\s*\(\(\s*;\s*;\s*\)\))/;
/** Longer lines are taken for data. */
const MOST = 500;

interface Loop {
  from: number;
  to: number;
}

/**
 * The loop of a shell script that runs these programs: the innermost that names one, else the only one without an end.
 * Goes by the words of lines, as a reader would: what stands in quotes or here-documents is not told apart.
 */
export function loopThatRuns(
  lines: readonly Untrusted[],
  programs: readonly Untrusted[],
): { line: number; text: Untrusted } | null {
  const code = lines.map((line) => (line.length > MOST ? "" : line.replace(/(?:^|\s)#.*$/, "")));
  const loops = loopsOf(code);
  const names = new Set(programs);
  const mentions = loops.filter(({ from, to }) =>
    code.slice(from, to + 1).some((line) => line.split(/[^\w.+-]+/).some((word) => names.has(word))),
  );
  const inner = mentions.filter(
    (one) => !mentions.some((other) => other !== one && other.from >= one.from && other.to <= one.to),
  );
  const endless = loops.filter(({ from }) => ENDLESS.test(code[from] ?? ""));
  const found = inner.length > 0 ? inner[0] : endless.length === 1 ? endless[0] : undefined;
  return found === undefined ? null : { line: found.from + 1, text: (lines[found.from] ?? "").trim() };
}

/** Places of loops, counted from 0; one that is never closed goes to the end. */
function loopsOf(code: readonly string[]): Loop[] {
  const loops: Loop[] = [];
  const open: Loop[] = [];
  for (const [at, line] of code.entries()) {
    const marks = [
      ...[...line.matchAll(OPENS)].map(({ index }) => ({ index, opens: true })),
      ...[...line.matchAll(CLOSES)].map(({ index }) => ({ index, opens: false })),
    ].sort((a, b) => a.index - b.index);
    for (const { opens } of marks) {
      if (!opens) {
        const closed = open.pop();
        if (closed !== undefined) closed.to = at;
        continue;
      }
      const loop = { from: at, to: code.length - 1 };
      loops.push(loop);
      open.push(loop);
    }
  }
  return loops;
}
