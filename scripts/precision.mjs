// Runs scenarios of the lab again and again beside the tool and writes how often the verdict was right: `npm run precision
// [-- --runs 10] [-o FILE] [SCENARIO …]`. Needs root. The table says what the machine did beside it.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { differences } from "../lab/differences.mjs";
import { scenarios, startScenario, stopAll } from "../lab/lab.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: "string", default: "10" }, output: { type: "string", short: "o" } },
});
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1 || runs > 1000) throw new RangeError("--runs: a number from 1 to 1000");
const names = positionals.length > 0 ? positionals : [...scenarios.keys()];
for (const name of names) if (!scenarios.has(name)) throw new RangeError(`no scenario ${name}`);
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    stopAll();
    process.exit(130);
  });
}

/** The parsed result of `diagnose --json`, or null when there was none. */
function diagnose(duration) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [`${root}/bin/whoforks`, "diagnose", "--json", "--duration", duration], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const chunks = [];
    child.stdout.on("data", (bytes) => chunks.push(bytes));
    child.on("error", reject);
    child.on("close", () => {
      try {
        resolve(JSON.parse(Buffer.concat(chunks).toString("utf8")));
      } catch {
        resolve(null);
      }
    });
  });
}

async function once(name) {
  const { seconds, duration } = scenarios.get(name).observe ?? { seconds: 20, duration: "5s" };
  const scenario = await startScenario(name, { seconds });
  try {
    const result = await diagnose(duration);
    const wrong = result === null ? ["no result"] : differences(result, scenario.expected);
    const judged = wrong.length === 0 ? "right" : result?.verdict.outcome === "inconclusive" ? "inconclusive" : "wrong";
    return { judged, confidence: result?.verdict.confidence ?? null, wrong };
  } finally {
    await scenario.stop();
  }
}

const count = (list, holds) => list.filter(holds).length;

function row(name, told) {
  const { expected } = scenarios.get(name);
  const kinds = expected.kind === null ? expected.outcome : `${expected.outcome}: ${expected.kind}`;
  const sure = ["high", "medium", "low"].map((word) => count(told, (one) => one.confidence === word)).join(" / ");
  const said = [...new Set(told.flatMap(({ wrong }) => wrong))].slice(0, 3).join("; ").replaceAll("|", "\\|");
  const judged = ["right", "inconclusive", "wrong"].map((word) => count(told, (one) => one.judged === word));
  return `| \`${name}\` | ${kinds} | ${judged.join(" | ")} | ${sure} | ${said} |`;
}

const began = loadavg()[0];
const rows = [];
for (const name of names) {
  const told = [];
  for (let run = 0; run < runs; run++) told.push(await once(name));
  rows.push(row(name, told));
  process.stderr.write(`${rows.at(-1)}\n`);
}
const memory = Number(/^MemTotal: +(\d+) kB/m.exec(readFileSync("/proc/meminfo", "latin1"))?.[1] ?? 0) / 2 ** 20;
const text = `# How often the verdict is right

Made by \`npm run precision -- --runs ${runs}${positionals.length > 0 ? ` ${names.join(" ")}` : ""}\`: each scenario of [the lab](lab.md) ${runs} times, and \`whoforks diagnose\` beside it on the host. Right: all that the scenario expects (outcome, kind, program, who starts it, who brings it back, whose file it is). What was said instead stands in the last column.

Kernel ${release()}, ${cpus().length} CPUs, ${memory.toFixed(1)} GB; load average ${began.toFixed(1)} at the beginning and ${loadavg()[0].toFixed(1)} at the end. Storms of others on the machine count as wrong where a scenario expects none.

| scenario | expected | right | inconclusive | wrong | high / medium / low | said instead |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join("\n")}
`;
if (values.output === undefined) process.stdout.write(text);
else writeFileSync(values.output, text);
