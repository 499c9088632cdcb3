import { mkdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { makeBounds, removeBounds } from "./bounds.mjs";
import { NO_32_BIT, runs32Bit } from "./kernel-abi.mjs";
import { clearLeftovers } from "./leftovers.mjs";
import { settle } from "./options.mjs";
import { makeFolder, removeFolder } from "./overlay.mjs";
import { PAGE_PATH, askToStop, limitsOf, monotonicNs, readPage, writePage } from "./page.mjs";
import { ForkSeries } from "./fork-series.mjs";
import { PidCount } from "./pid-count.mjs";
import { rootTools } from "./root-tools.mjs";
import { scenarios } from "./scenarios/index.mjs";
import { pause, until } from "./shell.mjs";
import { SYSTEMS } from "./systems.mjs";
import { describe } from "./truth.mjs";
import { underWay } from "./under-way.mjs";

export { clearLeftovers, scenarios };
export { stopAll } from "./under-way.mjs";
export { OPTIONS } from "./options.mjs";

/**
 * Starts a scenario in namespaces of its own and returns once it is under way (with `delay`: once it waits to begin).
 * A name, or a scenario that is not in the list. lab.d.mts tells the shapes.
 * @throws RangeError for an unknown scenario or option, Error when this host cannot hold it
 */
export async function startScenario(named, given = {}, { keep = false, loginUid = null } = {}) {
  const scenario = typeof named === "string" ? scenarios.get(named) : named;
  if (scenario === undefined)
    throw new RangeError(`lab: no scenario ${named}; there are ${[...scenarios.keys()].join(", ")}`);
  const { name } = scenario;
  if (process.getuid() !== 0) throw new Error("lab: scenarios need root (mounts, namespaces, cgroups)");
  if (scenario.executes32Bit === true && !runs32Bit()) throw new Error(`lab: ${name}: ${NO_32_BIT}`);
  const options = settle(given, scenario.defaults);
  clearLeftovers();

  const run = {
    scenario,
    system: SYSTEMS[scenario.system ?? "sysvinit"],
    options,
    dir: makeFolder({ scenario: name, kept: keep }),
    loginUid,
    bounds: null,
    namespace: null,
  };
  const tidy = () => {
    underWay.delete(tidy);
    run.namespace?.kill();
    if (run.bounds !== null) removeBounds(run.bounds.folders);
    if (!keep) removeFolder(run.dir);
  };
  underWay.add(tidy);
  try {
    await bringUp(run);
  } catch (error) {
    tidy();
    throw error;
  }
  underWay.delete(tidy);
  return handle(run, tidy);
}

async function bringUp(run) {
  const { scenario, system, options, dir } = run;
  run.root = await system.root(run);
  run.page = `${run.root}${PAGE_PATH}`;
  run.facts = { expected: scenario.expected, countedBy: "pids", ...scenario.prepare(rootTools(run.root), options) };
  const { facts } = run;
  run.bounds = makeBounds(basename(dir), options.pids, { systemd: system.hasOwnCgroups === true });
  mkdirSync(dirname(run.page), { recursive: true });
  run.bornNs = monotonicNs();
  writePage(run.page, limitsOf(options, facts, run.bornNs));
  if (facts.second !== undefined) {
    run.secondPage = `${run.root}${facts.second.page}`;
    writePage(run.secondPage, limitsOf(options, facts.second, run.bornNs));
  }
  run.namespace = await system.enter(run, Math.ceil(options.seconds + options.delay + 10));
  run.pids = new PidCount(run.namespace);
  const begun = facts.countedBy === "page" ? () => readPage(run.page).starts > 0 : () => system.isUp(run);
  if ((await until(begun, 30_000)) === null)
    throw new Error(`lab: ${scenario.name} did not start: ${run.namespace.console()}`);
  run.baseline = { forks: run.pids.look(), ns: monotonicNs() };
}

async function reboot({ scenario, system, namespace }) {
  if (system.reboot === undefined) throw new Error(`lab: ${scenario.name}: its init cannot boot again`);
  const before = namespace.initPid;
  system.reboot(before);
  if ((await until(() => namespace.initPid !== before, 30_000)) === null)
    throw new Error(`lab: ${scenario.name} did not boot again: ${namespace.console()}`);
}

function handle(run, tidy) {
  const { scenario, options, page, secondPage } = run;
  let account = null;
  const askAll = () => {
    for (const path of [page, secondPage]) if (path !== undefined) askToStop(path);
  };
  // Between two looks the numbers may wrap once only.
  const series = new ForkSeries(page);
  const looks = run.facts.countedBy === "pids" ? setInterval(() => run.pids.look(), 5000) : undefined;
  const overseer = setTimeout(askAll, (options.seconds + options.delay + 1) * 1000);
  looks?.unref();
  overseer.unref();
  const stop = () => {
    if (account !== null) return account;
    underWay.delete(stop);
    clearInterval(looks);
    clearTimeout(overseer);
    series.stop();
    askAll();
    // Lets the newest generation write when it ended; a storm that does not answer is killed all the same.
    for (let round = 0; round < 60 && readPage(page).state === "running"; round++) pause(5);
    account = describe(run);
    tidy();
    return account;
  };
  underWay.add(stop);
  return {
    scenario: scenario.name,
    expected: run.facts.expected,
    rootOnHost: run.root,
    get initPid() {
      return run.namespace.initPid;
    },
    options,
    truth: () => account ?? describe(run),
    count: () => ({ forks: readPage(page).forks, monotonicNs: Number(monotonicNs()) }),
    forksBetween: (fromMs, toMs) => (run.facts.countedBy === "page" ? series.between(fromMs, toMs) : null),
    console: () => run.namespace.console(),
    reboot: () => reboot(run),
    ended: () => readPage(page).state.startsWith("ended"),
    stop: async () => stop(),
  };
}
