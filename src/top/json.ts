import type { ProgramName } from "../derive/rolling.ts";
import type { TopRow, TopTable } from "./table.ts";

/** Rows in one line of JSON; the rest are counted. */
const MOST_ROWS = 100;

/**
 * One table as `whoforks/top/1`, an object for one line of NDJSON; docs/top.md explains the keys. Rates are per second of
 * the window, shares 0..1. Rows are in the order given.
 */
export function topResult(table: TopTable, version: string): object {
  const { rows } = table;
  const proc = table.source === "proc";
  return {
    schema: "whoforks/top/1",
    tool: { name: "whoforks", version },
    hostname: table.hostname,
    time: new Date(table.epochMs).toISOString(),
    source: table.source,
    windowSeconds: table.seconds,
    forksPerSecond: proc ? null : table.forksPerSecond,
    threadsPerSecond: proc ? null : table.threadsPerSecond,
    execsPerSecond: proc ? null : table.execsPerSecond,
    exitsPerSecond: proc ? null : table.exitsPerSecond,
    seenPerSecond: proc ? table.forksPerSecond : null,
    tasksPerSecond: table.tasksPerSecond,
    cpus: table.cpus,
    cpu: table.cpu,
    eventsLost: table.lost,
    own: table.own,
    rows: rows.slice(0, MOST_ROWS).map(rowResult),
    rowsLeftOut: Math.max(0, rows.length - MOST_ROWS),
    couldNotLook: table.couldNotLook,
  };
}

function rowResult(row: TopRow): object {
  const { ok, failed, signalled, unknown } = row.ends;
  const [reaper] = row.reapers;
  return {
    program: programResult(row.program),
    spawner: row.spawner === null ? null : { ...programResult(row.spawner), pid: row.spawner.pid },
    startsPerSecond: row.startsPerSecond,
    copiesShare: row.copies,
    endsPerSecond: row.endsPerSecond,
    medianLifeMs: row.medianLifeNs === null ? null : row.medianLifeNs / 1e6,
    exits: { ok, failed, signalled, unknown },
    cpus: row.cpus,
    cpusBound: row.cpusBound,
    alive: row.alive,
    reaper: reaper === undefined ? null : { pid: reaper.pid, comm: reaper.comm },
    container: row.container,
  };
}

function programResult({ exe, comm, bits }: ProgramName): object {
  return { exe, comm, bits };
}
