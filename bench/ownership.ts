/**
 * Who owns 1,500 files: the own index beside dpkg -S, on the same files of this host, in one run.
 * Usage: bundle with esbuild, run with node. A fresh process is measured, so the index is built within the time; the
 * page cache is warm for both.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { examiner } from "../src/identity/index.ts";
import { openRoot } from "../src/platform/root.ts";

const FILES = 1500;
/** dpkg -S is started once a file; this many starts are measured and scaled to all files. */
const SAMPLE = 50;
const ROUNDS = 5;

/** Entries of the program directories under both of their names, as many as asked for. */
function someFiles(): string[] {
  const root = openRoot("/");
  const directories = ["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/share/doc"];
  return directories.flatMap((d) => (root.list(d) ?? []).map((name) => `${d}/${name}`)).slice(0, FILES);
}

/** Milliseconds in a process that has done nothing before: opening the index with the first answer, then all answers. */
function own(files: readonly string[]): { open: number; all: number; owned: number; packages: number } {
  const start = performance.now();
  const who = examiner(openRoot("/"));
  who.ownerOf(files[0] ?? "/bin/sh");
  const opened = performance.now();
  const owned = files.filter((file) => who.ownerOf(file) !== null).length;
  return { open: opened - start, all: performance.now() - opened, owned, packages: who.packages };
}

function main(): void {
  const files = someFiles();
  if (process.argv.includes("--own")) return console.log(JSON.stringify(own(files)));
  const runs = Array.from({ length: ROUNDS }, () => {
    const { stdout } = spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--own"], { encoding: "utf8" });
    return JSON.parse(stdout) as ReturnType<typeof own>;
  });
  const total = median(runs.map(({ open, all }) => open + all));
  const opening = median(runs.map(({ open }) => open));
  const last = runs.at(-1);
  const step = Math.max(1, Math.floor(files.length / SAMPLE));
  const sample = files.filter((_, number) => number % step === 0).slice(0, SAMPLE);
  const perFile =
    timed(() => sample.forEach((file) => spawnSync("dpkg", ["-S", file], { stdio: "ignore" }))) / sample.length;
  const scaled = perFile * files.length;
  const once = timed(() => spawnSync("dpkg", ["-S", ...files], { stdio: "ignore", maxBuffer: 1 << 28 }));
  const ours = `${total.toFixed(0)} ms`;
  const rows = [
    {
      what: `index of ${last?.packages} packages, a fresh process`,
      ours: `${opening.toFixed(0)} ms`,
      rival: `median of ${ROUNDS}, in the page cache`,
      ratio: "-",
      hold: "< 350 ms",
      held: opening < 350,
    },
    {
      what: `owners of ${files.length} files (${last?.owned} have one), with the index`,
      ours,
      rival: `dpkg -S for each ${(scaled / 1000).toFixed(1)} s (${perFile.toFixed(1)} ms each, ${sample.length} measured)`,
      ratio: `${(scaled / total).toFixed(0)} ×`,
      hold: "≥ 500 ×",
      held: scaled / total >= 500,
    },
    {
      what: "the same",
      ours,
      rival: `dpkg -S once for all ${once.toFixed(0)} ms`,
      ratio: `${(once / total).toFixed(1)} ×`,
      hold: "-",
      held: true,
    },
  ];
  console.log(JSON.stringify(rows));
}

function timed(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

main();
