// What live capture costs and loses in the fastest bounded storm of this machine, beside forkstat on the same storm.
// Usage (as root): node bench/capture.mjs [ROUNDS] [GENERATIONS] [LANES]
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const [rounds = 3, generations = 40_000, lanes = 2] = process.argv.slice(2).map(Number);
const sources = fileURLToPath(new URL("../test/fixtures/tracefs/", import.meta.url));
const dir = mkdtempSync(join(tmpdir(), "whoforks-bench-"));

async function main() {
  const gcc = (name) => run("gcc", ["-O2", "-static", "-o", join(dir, name), `${sources}${name}.c`]);
  gcc("fenced");
  gcc("chain");
  run("as", ["--32", "-o", join(dir, "chain32.o"), `${sources}chain32.s`]);
  run("ld", ["-m", "elf_i386", "-o", join(dir, "chain32"), join(dir, "chain32.o")]);
  const bundle = join(dir, "capture.mjs");
  const start = fileURLToPath(new URL("../src/capture/tracefs/start.ts", import.meta.url));
  await build({ entryPoints: [start], bundle: true, platform: "node", format: "esm", outfile: bundle });
  const { startTracefs } = await import(pathToFileURL(bundle).href);
  console.log(`${lanes} chains of ${generations} generations each, ${rounds} rounds, interleaved\n`);
  console.log("storm    collector  storm s  own CPU ms  events   µs/event  lost");
  for (const program of ["chain", "chain32"]) {
    for (let round = 0; round < rounds; round++) {
      row(program, "none", await storm(program), null);
      await whoforks(program, startTracefs);
      if (existsSync("/usr/bin/forkstat")) await forkstat(program);
    }
  }
}

async function whoforks(program, startTracefs) {
  let events = 0;
  const observer = startTracefs(() => events++);
  if (observer.kind === undefined) throw new Error(observer.why);
  const before = process.cpuUsage();
  const timer = setInterval(() => observer.poll(), 20);
  const seconds = await storm(program);
  clearInterval(timer);
  const { lost } = observer.stop();
  const { user, system } = process.cpuUsage(before);
  row(program, "whoforks", seconds, { cpu: (user + system) / 1000, events, lost });
}

async function forkstat(program) {
  const child = spawn("/usr/bin/forkstat", ["-e", "fork,exec,exit"], { stdio: ["ignore", "pipe", "ignore"] });
  let lines = 0;
  let nobufs = 0;
  child.stdout.on("data", (chunk) => {
    const text = chunk.toString("latin1");
    lines += text.split("\n").length - 1;
    nobufs += text.split("nobufs").length - 1;
  });
  await new Promise((resolve) => setTimeout(resolve, 300));
  const seconds = await storm(program);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const stat = readFileSync(`/proc/${child.pid}/stat`, "latin1").split(") ")[1].split(" ");
  child.kill("SIGINT");
  await new Promise((resolve) => child.on("close", resolve));
  const cpu = (Number(stat[11]) + Number(stat[12])) * 10;
  row(program, "forkstat", seconds, { cpu, events: lines, lost: nobufs === 0 ? "not told" : `${nobufs} nobufs` });
}

/** Runs the storm in namespaces of its own and under a pids limit; resolves to its seconds. */
async function storm(program) {
  const base = existsSync("/sys/fs/cgroup/cgroup.controllers") ? "/sys/fs/cgroup" : "/sys/fs/cgroup/pids";
  const cgroup = `${base}/whoforks-bench-${process.pid}`;
  mkdirSync(cgroup);
  if (existsSync(`${cgroup}/pids.max`)) writeFileSync(`${cgroup}/pids.max`, "1000");
  const began = performance.now();
  const args = [cgroup, "30", join(dir, program), String(generations), "3"];
  const runs = Array.from({ length: lanes }, () => {
    const child = spawn(join(dir, "fenced"), args, { stdio: "ignore" });
    return new Promise((resolve) => child.on("close", resolve));
  });
  await Promise.all(runs);
  rmdirSync(cgroup);
  return (performance.now() - began) / 1000;
}

function row(program, collector, seconds, own) {
  const cells = [program.padEnd(8), collector.padEnd(9), seconds.toFixed(2).padStart(8)];
  if (own !== null) {
    const each = ((own.cpu * 1000) / own.events).toFixed(2);
    cells.push(
      own.cpu.toFixed(0).padStart(11),
      String(own.events).padStart(8),
      each.padStart(9),
      String(own.lost).padStart(6),
    );
  }
  console.log(cells.join(" "));
}

function run(tool, args) {
  const { status, stderr } = spawnSync(tool, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${tool}: ${stderr}`);
}

try {
  await main();
} finally {
  rmSync(dir, { recursive: true, force: true });
}
