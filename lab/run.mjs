// Starts a scenario of the lab, runs a command on the host meanwhile, ends the storm and prints what really happened.
import { spawn } from "node:child_process";
import { parseArgs } from "node:util";
import { OPTIONS, clearLeftovers, scenarios, startScenario, stopAll } from "./lab.mjs";
import { prepare } from "./prepare.mjs";

const USAGE = `node lab/run.mjs SCENARIO [options] [-- COMMAND …]

Starts a real storm in namespaces of its own, runs COMMAND on the host while it lasts, ends it, clears everything away
and prints the truth about it as JSON on standard output. Without COMMAND it ends when the storm does. Needs root.
In COMMAND, {root} and {initPid} stand for the storm's root folder and its PID 1 as the host numbers it.

Scenarios:
${[...scenarios.values()].map(({ name, about }) => `  ${name.padEnd(24)}${about}`).join("\n")}

Options:
${Object.entries(OPTIONS)
  .map(([name, { fallback, max, about }]) => `  --${name.padEnd(14)}${about} (${fallback}, at the most ${max})`)
  .join("\n")}
  --for           the same as --seconds
  --capture       put COMMAND's standard output into the JSON instead of showing it
  --keep          leave the root mounted for a look; the next --clean removes it
  --prepare       download and unpack what all scenarios need, and nothing else
  --clean         remove what killed or kept runs left, and nothing else
  --list          names and expected verdicts of the scenarios, as JSON
  --help          this text

Exit codes: 0 ran · 1 the lab failed · 2 wrong usage · 130 interrupted. COMMAND's own is in the JSON.
`;

process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  return error instanceof RangeError || error.code?.startsWith("ERR_PARSE_ARGS") ? 2 : 1;
});

async function main(argv) {
  const split = argv.indexOf("--");
  const command = split < 0 ? [] : argv.slice(split + 1);
  const { values, positionals } = parseArgs({
    args: split < 0 ? argv : argv.slice(0, split),
    allowPositionals: true,
    options: {
      ...Object.fromEntries(Object.keys(OPTIONS).map((name) => [name, { type: "string" }])),
      for: { type: "string" },
      ...Object.fromEntries(
        ["capture", "keep", "prepare", "clean", "list", "help"].map((name) => [name, { type: "boolean" }]),
      ),
    },
  });
  if (values.help) return say(USAGE);
  if (values.list)
    return say(json([...scenarios.values()].map(({ name, about, expected }) => ({ name, about, expected }))));
  if (values.prepare) return await prepare().then(() => 0);
  if (values.clean) return say(json({ cleared: clearLeftovers({ kept: true }) }));
  if (positionals.length !== 1) throw new RangeError(`lab: name one scenario\n\n${USAGE}`);
  return await storm(positionals[0], numbers(values, command.length > 0), command, values);
}

async function storm(name, options, command, { capture, keep }) {
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.once(signal, () => {
      interrupted = true;
      stopAll();
      process.exit(130);
    });
  }
  const scenario = await startScenario(name, options, { keep });
  let ran = null;
  if (command.length > 0) ran = await runCommand(command, scenario, capture);
  else await storms(scenario);
  const truth = await scenario.stop();
  if (interrupted) return 130;
  say(json(ran === null ? truth : { ...truth, window: windowOf(ran.output, scenario), command: ran }));
  return 0;
}

/** Until the storm says that it has ended, or its time is over. */
async function storms({ options, ended }) {
  const end = performance.now() + (options.delay + options.seconds) * 1000;
  while (performance.now() < end + 200 && !ended()) await new Promise((resolve) => setTimeout(resolve, 20));
}

function runCommand(command, scenario, capture) {
  const [file, ...args] = command.map((word) =>
    word.replaceAll("{root}", scenario.rootOnHost).replaceAll("{initPid}", String(scenario.initPid)),
  );
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ["inherit", capture ? "pipe" : "inherit", "inherit"] });
    const chunks = [];
    child.stdout?.on("data", (bytes) => chunks.push(bytes));
    child.on("error", (error) => reject(new Error(`lab: cannot run ${file}: ${error.message}`)));
    child.on("close", (exitCode, signal) => {
      const text = Buffer.concat(chunks).toString("utf8");
      const seconds = (performance.now() - began) / 1000;
      resolve({ argv: [file, ...args], exitCode, signal, seconds, ...(capture ? { output: parsed(text) } : {}) });
    });
  });
}

function numbers(values, withCommand) {
  const given = {};
  for (const name of Object.keys(OPTIONS)) if (values[name] !== undefined) given[name] = Number(values[name]);
  if (values.for !== undefined) given.seconds = Number(values.for);
  // A command decides how long it looks; the storm only has to outlast it.
  if (withCommand && given.seconds === undefined && given.delay === undefined) given.seconds = 30;
  return given;
}

/** What the storm did in the very window that a captured diagnosis looked at. */
function windowOf(diagnosis, scenario) {
  const { start, seconds } = diagnosis?.window ?? {};
  if (typeof start !== "string" || typeof seconds !== "number") return undefined;
  const from = Date.parse(start);
  const forks = scenario.forksBetween(from, from + seconds * 1000);
  return { start, seconds, forks, perSecond: forks === null ? null : forks / seconds };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function json(value) {
  return `${JSON.stringify(value, null, 2)}\n`;
}

function say(text) {
  process.stdout.write(text);
  return 0;
}
