import { cpuSeconds } from "./processes.mjs";
import { monotonicNs, readPage, toSeconds } from "./page.mjs";

/** What really happened so far, as counted by the storm itself, by the kernel's numbering and by the cgroup. */
export function describe(run) {
  const { scenario, facts, options, bounds, namespace } = run;
  const counted = readPage(run.page);
  const refused = bounds.refusals();
  const numbers = run.pids.look();
  const now = monotonicNs();
  const wall = Date.now();
  const iso = (ns) => new Date(wall - toSeconds(now - ns) * 1000).toISOString();
  const numbered = numbers === null ? null : numbers - (refused ?? 0);
  const byPage = facts.countedBy === "page";
  const startNs = byPage ? counted.startedNs : run.bornNs;
  const endNs = byPage && counted.state.startsWith("ended") ? counted.endedNs : now;
  const seconds = startNs === 0n ? 0 : toSeconds(endNs - startNs);
  return {
    schema: "whoforks/lab/1",
    scenario: scenario.name,
    about: scenario.about,
    expected: facts.expected,
    forks: byPage ? counted.forks : numbered,
    countedBy: byPage ? "storm-program" : "pid-numbers",
    // Wraps more often than one can look when a storm is fast or the numbers are few.
    namespaceForks: byPage && (facts.pidMax || counted.forks > run.pids.max / 2) ? null : numbered,
    perSecond: byPage ? rate(counted.forks, seconds) : rateSince(run.baseline, numbers, now),
    state: byPage ? counted.state : null,
    start: startNs === 0n ? null : iso(startNs),
    end: iso(endNs),
    seconds,
    starts: byPage ? counted.starts : null,
    refused: byPage ? counted.refused : refused,
    peakAlive: counted.peakAlive || null,
    exits: byPage ? counted.exits : null,
    others: run.secondPage === undefined ? [] : [other(readPage(run.secondPage), now)],
    cpuSeconds: bounds.cpuSeconds(),
    initCpuSeconds: cpuSeconds(namespace.initPid)?.own ?? null,
    initPid: namespace.initPid,
    root: run.root,
    options,
    console: lines(namespace.console()).slice(-20),
  };
}

function other(counted, now) {
  const endNs = counted.state.startsWith("ended") ? counted.endedNs : now;
  const seconds = counted.startedNs === 0n ? 0 : toSeconds(endNs - counted.startedNs);
  return {
    forks: counted.forks,
    perSecond: rate(counted.forks, seconds),
    state: counted.state,
    seconds,
    exits: counted.exits,
  };
}

const rate = (forks, seconds) => (seconds === 0 ? null : forks / seconds);

/** Without what init did while it booted. */
function rateSince(baseline, numbers, now) {
  const seconds = toSeconds(now - baseline.ns);
  return numbers === null || baseline.forks === null ? null : rate(numbers - baseline.forks, seconds);
}

const lines = (text) =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
