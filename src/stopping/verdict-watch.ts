import type { Derived } from "../derive/index.ts";
import { detect } from "../detect/index.ts";
import type { Finding, Known } from "../detect/types.ts";
import { advance, beginning, type Leader } from "./rule.ts";

/** The newest event is older than this where nothing happens: then the clock tells how far the window has come. */
const AGE_OF_EVENTS = 0.1;

/**
 * Watches a run and tells whether its verdict is certain. To be asked at every look, about ten times a second, with the
 * sums so far and the seconds since the window began.
 */
export function watchVerdict(known: Known): (derived: Derived, seconds: number) => boolean {
  let standing = beginning<Finding>();
  return (derived, seconds) => {
    const worst = detect(derived, known, seconds).findings.find((finding) => !finding.benign);
    // Events come in handfuls; counted by their own time, blocks are as long as they seem.
    const time = Math.max(derived.lastTs / 1e9, seconds - AGE_OF_EVENTS);
    const look = { seconds: time, forks: derived.forks, leader: worst === undefined ? null : leaderOf(worst) };
    standing = advance(standing, look, isSameStorm);
    return standing.certain;
  };
}

function leaderOf(finding: Finding): Leader<Finding> {
  const { starts, perSecond, confidence, subject } = finding;
  return { storm: finding, starts, perSecond, sure: confidence === "high" && subject.image.exe !== null };
}

/** Findings are made anew at each look; the families that they are about stay. */
function isSameStorm(a: Finding, b: Finding): boolean {
  return a.kind === b.kind && a.covers.some((family) => b.covers.includes(family));
}
