// Freezes somebody innocent while a storm of the lab rises, falls, pauses or ends by itself, and counts what `whoforks prove`
// says of it: `npm run false-proofs [-- --runs 100]`. None may be "proven". Needs root, and takes some 20 s for each run; what
// else the machine does makes it harder, not easier. Exit code 1: at least one false proof.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";
import { startScenario, stopAll } from "../lab/lab.mjs";
import { whoforksJson } from "./whoforks-json.mjs";

const { values } = parseArgs({ options: { runs: { type: "string", default: "100" } } });
const runs = Number(values.runs);
if (!Number.isInteger(runs) || runs < 1 || runs > 1000) throw new RangeError("--runs: a number from 1 to 1000");

/** The body of a loop in Perl that sets `$pause`, seconds to the next start; `$t` are the seconds since the storm began. */
const STORMS = {
  gusts: "if ($t > $turn) { $turn = $t + 0.1 + rand 3; $pause = 0.003 + 0.1 * rand() ** 3 }",
  pauses: "if ($t > $turn) { $turn = $t + 0.2 + rand 1.5; $on = !$on } $pause = $on ? 0.005 : 0.2",
  // As long as a slot and what is left out before it, and the double.
  rhythm: "$pause = int($t / $period) % 2 ? 0.04 : 0.004",
  dwindling: "$pause = 0.004 * 1.25 ** $t",
  "ends by itself": "$pause = 0.005; last if $t > $period * 12",
};

const STORM = "/usr/local/sbin/restless";
const PROGRAM = "/usr/local/bin/polled";

/** A scenario of the lab in which a script starts a program in the given way, and at the end waits. */
function restless(name) {
  return {
    name: "whoforks-restless",
    about: `a storm of its own mind: ${name}`,
    expected: { outcome: "storm", exitCode: 1, kind: null },
    prepare(tools, { seconds }) {
      const end = Math.ceil(Date.now() / 1000 + seconds);
      tools.copy("/bin/true", PROGRAM);
      tools.write(
        STORM,
        `#!/usr/bin/perl
use Time::HiRes qw(time sleep);
my ($begin, $turn, $on, $pause, $period) = (time, 0, 1, 0.005, 0.3 + rand 0.9);
while (time < ${end}) {
  my $t = time - $begin;
  ${STORMS[name]};
  system "${PROGRAM}";
  sleep $pause;
}
sleep 1000;
`,
        0o755,
      );
      return { inittab: [`st:2345:once:${STORM}`] };
    },
  };
}

const counts = new Map();
let falseProofs = 0;
const names = Object.keys(STORMS);
process.once("SIGINT", () => {
  stopAll();
  process.exit(130);
});
for (let run = 0; run < runs; run++) {
  const name = names[run % names.length];
  const state = mkdtempSync(`${tmpdir()}/whoforks-false-proofs-`);
  // In a session of its own: what belongs to the session that runs the tool is refused.
  const innocent = spawn("sleep", ["100"], { detached: true, stdio: "ignore" });
  const scenario = await startScenario(restless(name), { seconds: 60, pids: 200 });
  let result;
  try {
    const command = ["prove", "--yes", "--json", "--pairs", "5", "--freeze", String(innocent.pid)];
    result = await whoforksJson(command, { env: { ...process.env, WHOFORKS_STATE: state }, stderr: "ignore" });
  } finally {
    await scenario.stop();
    innocent.kill();
    rmSync(state, { recursive: true, force: true });
  }
  const about = result?.storm?.exe === undefined || result.storm.exe === PROGRAM ? "" : ` of ${result.storm.exe}`;
  const said = result === null ? "no storm to measure" : `${result.verdict.code.replace("experiment.", "")}${about}`;
  if (result?.verdict.outcome === "proven") falseProofs++;
  const key = `${name}: ${said}`;
  counts.set(key, (counts.get(key) ?? 0) + 1);
  console.log(`${run + 1} of ${runs}, ${key}`);
}
console.log(`\n${falseProofs} of ${runs} proven`);
for (const [key, count] of [...counts].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${String(count).padStart(5)}  ${key}`);
process.exit(falseProofs > 0 ? 1 : 0);
