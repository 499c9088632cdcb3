// Runs inside a container whose PID 1 is systemd: what systemd says of its services, and what their files say.
import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { openRoot } from "../../src/platform/root.ts";
import { findJobs, liveFacts, type Job, type LiveFacts } from "../../src/supervisors/index.ts";
import { maskUnitStep } from "../../src/experiment/steps/mask-unit.ts";
import { StepRefused } from "../../src/journal/types.ts";
import { atOnce } from "../../src/model/steps.ts";
import { readServices } from "../../src/supervisors/systemd/systemd.ts";

/** What the container's files and its systemd say, as left in observed.json. */
export interface Observed {
  /** Why the units did not get where they were expected in time; null when they did. */
  gaveUp: string | null;
  /** Two readings of each unit asked about, the second when all that go on have gone on. */
  first: Record<string, LiveFacts | null>;
  second: Record<string, LiveFacts | null>;
  /** `systemctl show -P MainPID`'s process, as /proc names it, of units that run. */
  comm: Record<string, string | null>;
  /** Jobs that start the program, from the files alone. */
  jobs: Job[];
  /** Every service in the files: where they say it comes from, and where systemd says so. */
  services: { name: string; files: Whereabouts; live: Whereabouts | null }[];
  /** What is said of a name that no unit has, and of one that is none. */
  noSuch: { facts: LiveFacts | null; why: string | null };
  noName: { facts: LiveFacts | null; why: string | null };
  /** A unit that is shipped, as it was, masked, and unmasked; then one of /etc, tried and taken back. */
  masks: Record<"before" | "masked" | "after" | "aboveBefore" | "aboveAfter", MaskStanding>;
  /** Why systemd did not start the masked one, why it was not masked twice, why one of /etc cannot be. */
  refusals: Record<"start" | "twice" | "above", string | null>;
}

export interface MaskStanding {
  load: string;
  active: string;
  linked: boolean;
  step: string;
}

/** Paths with their directories resolved: Debian's systemd says /lib where /lib is a link to /usr/lib. */
export interface Whereabouts {
  fragment: string | null;
  dropIns: string[];
}

export interface Request {
  program: string;
  /** Units that must go on being restarted, and those that must end up failed. */
  restarted: string[];
  failing: string[];
  others: string[];
  /** To be masked: one of the folder of packages, one of /etc. */
  shipped: string;
  above: string;
}

const OUT = "/out/observed.json";
const DEADLINE_MS = 40_000;
/** Past the default limit of five starts. */
const ENOUGH_RESTARTS = 8;

async function readAll(units: readonly string[]): Promise<Record<string, LiveFacts | null>> {
  const all: Record<string, LiveFacts | null> = {};
  for (const unit of units) all[unit] = (await liveFacts(unit)).facts;
  return all;
}

function activeState(unit: string): string {
  return execFileSync("/usr/bin/systemctl", ["show", "-P", "ActiveState", unit], { encoding: "utf8" }).trim();
}

async function until(what: string, holds: () => Promise<boolean>): Promise<string | null> {
  const end = Date.now() + DEADLINE_MS;
  while (!(await holds())) {
    if (Date.now() > end) return what;
    await sleep(100);
  }
  return null;
}

const request = JSON.parse(readFileSync("/out/request.json", "utf8")) as Request;
const asked = [...request.restarted, ...request.failing, ...request.others];
const more = (than: (unit: string) => number) => async (): Promise<boolean> => {
  for (const unit of request.restarted) if (((await liveFacts(unit)).facts?.restarts ?? 0) <= than(unit)) return false;
  return true;
};

let gaveUp = await until(
  "restarts",
  more(() => ENOUGH_RESTARTS),
);
gaveUp ??= await until("failures", async () => request.failing.every((unit) => activeState(unit) === "failed"));
const first = await readAll(asked);
gaveUp ??= await until(
  "further restarts",
  more((unit) => first[unit]?.restarts ?? 0),
);
const second = await readAll(asked);

const root = openRoot("/");

function whereabouts(fragment: string | null, dropIns: readonly string[]): Whereabouts {
  const real = (file: string): string => root.canonical(file) ?? file;
  return { fragment: fragment === null ? null : real(fragment), dropIns: dropIns.map(real) };
}

const services: Observed["services"] = [];
for (const { unit } of atOnce(readServices(root, []))) {
  const { facts } = await liveFacts(unit.name);
  services.push({
    name: unit.name,
    files: whereabouts(unit.fragment, unit.dropIns),
    live: facts === null ? null : whereabouts(facts.fragment, facts.dropIns),
  });
}
const comm = Object.fromEntries(
  Object.entries(second).map(([unit, facts]) => {
    const pid = facts?.mainPid ?? 0;
    // Units that end by themselves may be gone by now.
    return [unit, request.others.includes(unit) && pid > 0 ? readFileSync(`/proc/${pid}/comm`, "utf8").trim() : null];
  }),
);
function property(unit: string, name: string): string {
  return execFileSync("/usr/bin/systemctl", ["show", "-P", name, "--", unit], { encoding: "utf8" }).trim();
}

function maskStanding(unit: string, data: object): MaskStanding {
  return {
    load: property(unit, "LoadState"),
    active: property(unit, "ActiveState"),
    linked: lstatSync(`/run/systemd/system/${unit}`, { throwIfNoEntry: false }) !== undefined,
    step: maskUnitStep.verify(data),
  };
}

async function refusalOf(what: () => unknown): Promise<string | null> {
  try {
    await what();
    return null;
  } catch (error) {
    return error instanceof StepRefused ? error.why.code : String((error as { stderr?: unknown }).stderr ?? error);
  }
}

async function masksTried(): Promise<Pick<Observed, "masks" | "refusals">> {
  const [shipped, above] = [request.shipped, request.above].map((unit) => ({ unit, running: true })) as [
    { unit: string; running: boolean },
    { unit: string; running: boolean },
  ];
  const standing = (data: { unit: string }): MaskStanding => maskStanding(data.unit, data);
  const before = standing(shipped);
  await maskUnitStep.apply(shipped);
  const masked = standing(shipped);
  const start = await refusalOf(() => execFileSync("/usr/bin/systemctl", ["start", shipped.unit], { stdio: "pipe" }));
  const twice = await refusalOf(() => maskUnitStep.apply(shipped));
  await maskUnitStep.undo(shipped);
  const after = standing(shipped);
  const aboveBefore = standing(above);
  const refused = await refusalOf(() => maskUnitStep.apply(above));
  await maskUnitStep.undo(above);
  return {
    masks: { before, masked, after, aboveBefore, aboveAfter: standing(above) },
    refusals: { start, twice, above: refused },
  };
}

const observed: Observed = {
  gaveUp,
  first,
  second,
  comm,
  jobs: findJobs(root, { programs: [request.program] }).matches.map(({ job }) => job),
  services,
  noSuch: await liveFacts("whoforks-no-such.service"),
  noName: await liveFacts("whoforks-*.service"),
  ...(await masksTried()),
};
writeFileSync(`${OUT}.new`, JSON.stringify(observed));
renameSync(`${OUT}.new`, OUT);
