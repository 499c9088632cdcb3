// Runs scenarios of the lab again and again beside the tool and writes how often the verdict was right: `npm run precision
// [-- --runs 10] [--minutes N] [--add FILE] [-o FILE] [--keep FOLDER] [SCENARIO …]`. Needs root. The table says what the
// machine did beside it. Each round runs every scenario once; with --minutes no run begins later, --add goes on with the
// counts of a table that was written before, and with --keep the cases of runs that were not right are left in the folder,
// for `whoforks diagnose --from`.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { differences } from "../lab/differences.mjs";
import { runs32Bit } from "../lab/kernel-abi.mjs";
import { scenarios, startScenario, stopAll } from "../lab/lab.mjs";
import { whoforksJson } from "./whoforks-json.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    runs: { type: "string", default: "10" },
    minutes: { type: "string", default: "600" },
    add: { type: "string" },
    output: { type: "string", short: "o" },
    keep: { type: "string" },
  },
});
const runs = within("runs", 1000);
const until = Date.now() + within("minutes", 10_000) * 60_000;
const names =
  positionals.length > 0
    ? positionals
    : [...scenarios.keys()].filter((name) => scenarios.get(name).executes32Bit !== true || runs32Bit());
for (const name of names) if (!scenarios.has(name)) throw new RangeError(`no scenario ${name}`);
if (values.keep !== undefined) mkdirSync(values.keep, { recursive: true });

function within(option, most) {
  const number = Number(values[option]);
  if (!Number.isInteger(number) || number < 1 || number > most)
    throw new RangeError(`--${option}: a number from 1 to ${most}`);
  return number;
}

async function once(name, round) {
  const { seconds, duration } = scenarios.get(name).observe ?? { seconds: 20, duration: "5s" };
  const path = values.keep === undefined ? null : join(values.keep, `${name}-${round}`);
  const scenario = await startScenario(name, { seconds });
  try {
    const result = await whoforksJson([
      "diagnose",
      "--json",
      "--duration",
      duration,
      ...(path === null ? [] : ["--save", path]),
    ]);
    const wrong = result === null ? ["no result"] : differences(result, scenario.expected);
    const judged = wrong.length === 0 ? "right" : result?.verdict.outcome === "inconclusive" ? "inconclusive" : "wrong";
    if (judged === "right" && path !== null) rmSync(path, { recursive: true, force: true });
    return { judged, confidence: result?.verdict.confidence ?? null, wrong };
  } finally {
    await scenario.stop();
  }
}

const count = (list, holds) => list.filter(holds).length;
const counts = (told) => ["right", "inconclusive", "wrong"].map((word) => count(told, (one) => one.judged === word));

function row(name, told) {
  const { expected } = scenarios.get(name);
  const kinds = expected.kind === null ? expected.outcome : `${expected.outcome}: ${expected.kind}`;
  const sure = ["high", "medium", "low"].map((word) => count(told, (one) => one.confidence === word)).join(" / ");
  const said = [...new Set(told.flatMap(({ wrong }) => wrong))].slice(0, 3).join("; ").replaceAll("|", "\\|");
  return `| \`${name}\` | ${kinds} | ${counts(told).join(" | ")} | ${sure} | ${said} |`;
}

/** The runs that a row of an earlier table counts. Which confidence was whose it does not tell, and no table needs. */
function runsOf(cells) {
  const [right, inconclusive, wrong] = cells.slice(2, 5).map(Number);
  const judged = Object.entries({ right, inconclusive, wrong }).flatMap(([word, runs]) => Array(runs).fill(word));
  const sure = cells[5].split(" / ").flatMap((runs, i) => Array(Number(runs)).fill(["high", "medium", "low"][i]));
  const said = cells[6] === "" ? [] : cells[6].split("; ");
  return judged.map((word, i) => ({ judged: word, confidence: sure[i] ?? null, wrong: word === "right" ? [] : said }));
}

const began = loadavg()[0];
const told = new Map(names.map((name) => [name, []]));
if (values.add !== undefined) {
  const rows = readFileSync(values.add, "utf8").matchAll(/^\| `([^`]+)` +\|.*$/gm);
  for (const [line, name] of rows)
    told.get(name)?.push(
      ...runsOf(
        line
          .split(/(?<!\\)\|/)
          .slice(1, -1)
          .map((cell) => cell.trim()),
      ),
    );
}
const added = [...told.values()].flat().length;

function report() {
  const memory = Number(/^MemTotal: +(\d+) kB/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1] ?? 0) / 2 ** 20;
  const all = [...told.values()].flat();
  const [right, inconclusive, wrong] = counts(all);
  const bound =
    (values.minutes === "600" ? "" : ` --minutes ${values.minutes}`) +
    (values.add === undefined ? "" : ` --add ${values.add}`);
  const earlier =
    added === 0 ? "" : ` (${added} of them of an earlier table of this machine, to which these were added)`;
  return `# How often the verdict is right

Made by \`npm run precision -- --runs ${runs}${bound}${positionals.length > 0 ? ` ${names.join(" ")}` : ""}\`: the scenarios of [the lab](lab.md) again and again, and \`whoforks diagnose\` beside them on the host. Right: all that the scenario expects (outcome, kind, program, who starts it, who brings it back, whose file it is). What was said instead stands in the last column.

${all.length} runs${earlier}: ${right} right, ${inconclusive} inconclusive, ${wrong} wrong. Kernel ${release()}, ${cpus().length} CPUs, ${memory.toFixed(1)} GB; load average ${began.toFixed(1)} at the beginning and ${loadavg()[0].toFixed(1)} at the end. Storms of others on the machine count as wrong where a scenario expects none.

| scenario | expected | right | inconclusive | wrong | high / medium / low | said instead |
| --- | --- | --- | --- | --- | --- | --- |
${names.map((name) => row(name, told.get(name))).join("\n")}
`;
}

const finish = () =>
  values.output === undefined ? process.stdout.write(report()) : writeFileSync(values.output, report());
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    stopAll();
    finish();
    process.exit(130);
  });
}
for (let round = 1; round <= runs && Date.now() < until; round++) {
  for (const name of names) {
    if (Date.now() >= until) break;
    if (told.get(name).length >= runs) continue;
    const one = await once(name, round);
    told.get(name).push(one);
    process.stderr.write(`${round} ${name}: ${one.judged}${one.wrong.map((text) => `; ${text}`).join("")}\n`);
  }
}
finish();
