// Times whole commands in pairs, A B A B …, so that their ratio holds while the machine's speed drifts.
import { spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";

/** Wall milliseconds of one run; its output is thrown away. Throws when it cannot be started or is killed. */
export function wallMs([command, ...args]) {
  const start = performance.now();
  const { error, signal } = spawnSync(command, args, { stdio: "ignore", timeout: 1_800_000 });
  if (error) throw error;
  if (signal) throw new Error(`${command} was ended by ${signal}`);
  return performance.now() - start;
}

/** CPU milliseconds (user and system) of one run that reads this file as standard input; its output is thrown away. */
export function cpuMs(command, input = "/dev/null") {
  const timed = 'TIMEFORMAT="%U %S"; { time "${@:2}" < "$1" >/dev/null 2>/dev/null; } 2>&1';
  const { stdout, error } = spawnSync("bash", ["-c", timed, "bash", input, ...command], { encoding: "utf8" });
  if (error) throw error;
  const [user, system] = stdout.trim().split(" ").map(Number);
  return (user + system) * 1000;
}

/** Medians of both, and the median of the ratios B/A pair by pair, after a warm-up: of A alone when there is one round. */
export function pairs(a, b, rounds) {
  wallMs(a);
  if (rounds > 1) wallMs(b);
  const runs = Array.from({ length: rounds }, () => [wallMs(a), wallMs(b)]);
  return {
    a: median(runs.map(([one]) => one)),
    b: median(runs.map(([, other]) => other)),
    ratio: median(runs.map(([one, other]) => other / one)),
  };
}

export function median(values) {
  const sorted = [...values].sort((x, y) => x - y);
  return sorted[Math.floor(sorted.length / 2)];
}
