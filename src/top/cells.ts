import * as number from "../report/text/number.ts";
import { line, safe, type Safe } from "../report/text/sanitise.ts";
import { say } from "../report/text/catalogue/index.ts";
import { alphabetOf, name, own, type Voice } from "../report/text/voice.ts";
import type { ProgramName } from "../derive/rolling.ts";
import type { ColumnId } from "./order.ts";
import type { TopRow } from "./table.ts";

const UNKNOWN = line`?`;
const NONE = line`-`;

/** What stands in one cell; names may be longer than their column. */
export function cell(voice: Voice, row: TopRow, column: ColumnId): Safe {
  const { ends } = row;
  switch (column) {
    case "starts":
      return perSecond(row.startsPerSecond);
    case "life":
      if (row.medianLifeNs === null) return ends.total === 0 ? NONE : UNKNOWN;
      return own(voice, duration(row.medianLifeNs));
    case "ok":
      return share(ends.ok, ends);
    case "failed":
      return share(ends.failed, ends);
    case "signalled":
      return share(ends.signalled, ends);
    case "cpu":
      return cpus(voice, row);
    case "alive":
      return line`${row.alive}`;
    case "program":
      return programName(voice, row.program);
    case "spawner":
      return spawner(voice, row);
    case "reaper":
      return reaper(voice, row);
    case "container":
      return row.container === null ? line`` : container(voice, row.container);
  }
}

/** The file, or the task name in brackets where the file is not known. */
export function programName(voice: Voice, { exe, comm }: ProgramName): Safe {
  return exe !== null ? name(voice, exe) : comm === "" ? UNKNOWN : line`(${safe(comm, alphabetOf(voice))})`;
}

/** `docker`'s short id, a machine's name, or the number of the PID namespace. */
export function container(voice: Voice, { name: known, pidNamespace }: NonNullable<TopRow["container"]>): Safe {
  return known !== null ? name(voice, known) : line`pidns ${safe(pidNamespace.replace(/\D+/g, ""))}`;
}

function spawner(voice: Voice, { spawner: by, copies, startsPerSecond }: TopRow): Safe {
  if (startsPerSecond > 0 && copies >= 0.5) return say(voice, "top.itself");
  return by === null ? say(voice, "top.not-seen") : programName(voice, { ...by, exe: baseName(by.exe) });
}

function baseName(exe: string | null): string | null {
  return exe === null ? null : exe.slice(exe.lastIndexOf("/") + 1) || exe;
}

function reaper(voice: Voice, { reapers }: TopRow): Safe {
  const [first] = reapers;
  if (first === undefined) return UNKNOWN;
  return first.comm === "" ? line`${first.pid}` : name(voice, first.comm);
}

/** Two digits are enough below ten, since a slow starter's rate jumps with each start. */
function perSecond(rate: number): Safe {
  return number.rate("en", rate < 10 ? Number(rate.toPrecision(2)) : rate);
}

/** Whole percents; a share that is not all never shows as 100%, one that is not nothing never as 0%. */
function share(part: number, { total, unknown }: TopRow["ends"]): Safe {
  if (total === 0) return NONE;
  if (unknown === total) return UNKNOWN;
  if (part === 0) return line`0%`;
  if (part === total) return line`100%`;
  const percent = (part / total) * 100;
  if (percent < 1) return line`<1%`;
  return percent > 99 ? line`>99%` : line`${Math.round(percent)}%`;
}

function cpus(voice: Voice, { cpus: used, cpusBound }: TopRow): Safe {
  if (used === null) return UNKNOWN;
  const shown = used < 10 ? number.cpus("en", used) : number.rate("en", used);
  return cpusBound === "exact" ? shown : own(voice, cpusBound === "upper" ? line`≤${shown}` : line`≥${shown}`);
}

/** `111µs`, `12.3ms`, `3.02s`, `2.1min`, `3.2h`: at most six columns in any language. */
export function duration(ns: number): Safe {
  const units: [number, Safe][] = [
    [1e3, line`ns`],
    [1e6, line`µs`],
    [1e9, line`ms`],
    [60e9, line`s`],
    [3600e9, line`min`],
    [86_400e9, line`h`],
    [Number.POSITIVE_INFINITY, line`d`],
  ];
  let below = 1;
  for (const [limit, unit] of units) {
    const value = ns / below;
    const shown = Number(value.toPrecision(unit.length > 2 ? 2 : 3));
    if (ns < limit && shown * below < limit) return line`${shown}${unit}`;
    below = limit;
  }
  return UNKNOWN;
}
