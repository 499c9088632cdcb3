// What live capture costs and loses, beside its rivals on the same storms, interleaved, in one run.
// Usage (as root): node bench/capture.mjs [ROUNDS [STORM...]]; WHOFORKS_BENCH_COLLECTORS="none,kernel alone,whoforks" leaves
// the others out, where the slowdown alone is asked for and wants many rounds.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { collectors, traceCmdObstacle } from "./capture/collectors.mjs";
import { compile, storm, STORMS } from "./capture/storms.mjs";
import { runs32Bit } from "../lab/kernel-abi.mjs";
import { median } from "./pairs.mjs";

/** ptrace stops every process several times: it gets so many times fewer of them. */
const FEWER_UNDER_PTRACE = 10;
const LANES = 2;
/**
 * How long an untraced storm takes: its processes are counted so, because one host makes 30,000 a second and another 500.
 * In the first two seconds V8 compiles: that is as much work as reading 100,000 events.
 */
const UNTRACED_SECONDS = 8;
/** Processes by which the host's pace is found out. */
const PROBE = 200;

/** Measures every collector on every storm and prints a table; returns the rows that the speed table asks for. */
export async function capture(rounds = 5, wanted = Object.keys(STORMS)) {
  const dir = mkdtempSync(join(tmpdir(), "whoforks-bench-"));
  try {
    compile(dir);
    const own = join(dir, "own-collector.mjs");
    const source = fileURLToPath(new URL("capture/own-collector.ts", import.meta.url));
    await build({ entryPoints: [source], bundle: true, platform: "node", format: "esm", outfile: own });
    const rows = [];
    console.log(`${LANES} storms side by side, ${rounds} rounds of every collector in turn, medians\n`);
    console.log("`idle` is the collector's CPU where there is no storm; `µs/event` what a storm adds to that\n");
    console.log("collector           slowdown   idle ms/s   µs/event   in all   events/process     lost");
    const obstacle = traceCmdObstacle();
    if (obstacle !== null) console.log(`trace-cmd record: not measured, ${obstacle}`);
    for (const name of wanted.filter((each) => each !== "chain32" || runs32Bit()))
      rows.push(...(await compare(dir, own, name, rounds)));
    return rows;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function compare(dir, own, name, rounds) {
  const all = chosen(collectors(dir, own, name)).map((collector) => ({ ...collector, runs: [] }));
  const { title } = STORMS[name];
  const processes = await countFor(dir, name);
  for (const collector of all) collector.idle = collector.start === null ? null : await idleCpu(collector.start);
  for (let round = 0; round < rounds; round++) {
    for (const { start, starter, runs } of all) {
      const fewer = starter === undefined ? processes : processes / FEWER_UNDER_PTRACE;
      const collecting = start === null ? null : await start();
      const seconds = await storm(dir, name, { lanes: LANES, rounds: fewer, under: starter });
      const told = collecting === null ? null : await collecting.stop();
      runs.push({ each: seconds / fewer, processes: fewer, seconds, ...told });
    }
  }
  const untraced = all[0].runs;
  const measured = new Map();
  console.log(`\n${title}: ${Math.round(1 / median(untraced.map(({ each }) => each)))} processes/s untraced`);
  for (const { name: collector, runs, idle } of all) {
    const slowdown = median(runs.map(({ each }, round) => each / untraced[round].each));
    const inAll = median(runs.map(({ cpu, events }) => (cpu === undefined ? NaN : (cpu * 1e6) / events)));
    const perEvent = median(
      runs.map(({ cpu, events, seconds }) => (cpu === undefined ? NaN : ((cpu - idle * seconds) * 1e6) / events)),
    );
    const perProcess = median(runs.map(({ cpu, processes }) => (cpu === undefined ? NaN : (cpu * 1e6) / processes)));
    const perStart = median(runs.map(({ events, processes }) => (events === undefined ? NaN : events / processes)));
    const losses = runs.map(({ lost }) => lost).filter((lost) => typeof lost === "number");
    const lost = losses.length === 0 ? null : losses.reduce((sum, one) => sum + one, 0);
    measured.set(collector, { slowdown, idle, perEvent, perProcess, lost });
    console.log(
      [
        collector.padEnd(18),
        `× ${slowdown.toFixed(2)}`.padStart(9),
        (idle === null ? "–" : (idle * 1000).toFixed(1)).padStart(11),
        (Number.isFinite(perEvent) && collector !== "kernel alone" ? perEvent.toFixed(2) : "–").padStart(10),
        (Number.isFinite(inAll) && collector !== "kernel alone" ? inAll.toFixed(2) : "–").padStart(8),
        (Number.isFinite(perStart) && collector !== "kernel alone" ? perStart.toFixed(2) : "–").padStart(16),
        (collector === "kernel alone" || runs[0].cpu === undefined
          ? "–"
          : lost === null
            ? "not told"
            : String(lost)
        ).padStart(8),
      ].join(" "),
    );
  }
  return holds(title, measured);
}

function chosen(all) {
  const names = process.env.WHOFORKS_BENCH_COLLECTORS?.split(",");
  return names === undefined ? all : all.filter(({ name }) => names.includes(name));
}

/** How many processes the storm makes in `UNTRACED_SECONDS` on this host now. */
async function countFor(dir, name) {
  await storm(dir, name, { lanes: LANES, rounds: PROBE });
  const seconds = await storm(dir, name, { lanes: LANES, rounds: PROBE });
  return Math.max(PROBE, Math.round((PROBE * UNTRACED_SECONDS) / seconds));
}

/** CPU seconds a second that a collector uses without a storm, its end included: a storm takes about as long. */
async function idleCpu(start) {
  const collecting = await start();
  await new Promise((resolve) => setTimeout(resolve, UNTRACED_SECONDS * 1000));
  const { cpu } = await collecting.stop();
  return cpu / UNTRACED_SECONDS;
}

/** What the speed table asks of one storm. CPU is compared for each process, since collectors tell of unlike events. */
function holds(title, measured) {
  const ours = measured.get("whoforks");
  const alone = measured.get("kernel alone");
  const rivals = ["forkstat", "bpftrace", "bpftrace execsnoop"].filter((name) => measured.has(name));
  const row = (what, own, rival, ratio, hold, held) => ({
    what: `${title}, ${what}`,
    ours: own,
    rival,
    ratio,
    hold,
    held,
  });
  return [
    row(
      "events lost",
      `${ours.lost}`,
      rivals.map((name) => `${name}: ${measured.get(name).lost ?? "not told"}`).join(", "),
      "–",
      "0",
      ours.lost === 0,
    ),
    row(
      "own CPU",
      `${ours.perEvent.toFixed(2)} µs an event, beside ${(ours.idle * 1000).toFixed(1)} ms a second without any`,
      "–",
      "–",
      "< 1 µs",
      ours.perEvent < 1,
    ),
    ...rivals.map((name) => {
      const ratio = ours.perProcess / measured.get(name).perProcess;
      const each = (value) => `${value.toFixed(1)} µs a process`;
      return row(
        "own CPU",
        each(ours.perProcess),
        `${name}: ${each(measured.get(name).perProcess)}`,
        `${ratio.toFixed(2)} × its CPU`,
        "< 1 ×",
        ratio < 1,
      );
    }),
    row(
      "slowdown",
      `× ${ours.slowdown.toFixed(2)}`,
      `the kernel's tracing alone: × ${alone.slowdown.toFixed(2)}`,
      `${(ours.slowdown / alone.slowdown).toFixed(2)} × its time`,
      "≤ 1.10 ×",
      ours.slowdown / alone.slowdown <= 1.1,
    ),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [rounds, ...wanted] = process.argv.slice(2);
  await capture(Number(rounds ?? 5), wanted.length > 0 ? wanted : undefined);
}
