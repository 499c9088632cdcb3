import { closeSync, fsyncSync, openSync, readSync, writeSync } from "node:fs";

/** Where the storm programs find their page, inside the scenario's root. */
export const PAGE_PATH = "/run/whoforks-lab/page";

const STATES = ["waiting", "running", "ended by count", "ended by deadline", "ended by the lab"];

/** CLOCK_MONOTONIC in nanoseconds: the clock that the storm programs keep their deadlines by. */
export const monotonicNs = () => process.hrtime.bigint();

export const toSeconds = (ns) => Number(ns) / 1e9;

/**
 * The limits of a storm that may begin `delay` seconds after `bornNs`. Its `seconds` count from there; starting init
 * takes some hundredths of them.
 */
export function limitsOf(options, facts, bornNs) {
  const notBeforeNs = bornNs + BigInt(Math.round(options.delay * 1e9));
  return {
    maxForks: options.count,
    notBeforeNs,
    deadlineNs: notBeforeNs + BigInt(Math.round(options.seconds * 1e9)),
    intervalNs: facts.intervalNs ?? 0n,
    lifetimeNs: BigInt(Math.round(options.lifetime * 1e6)),
    maxStarts: facts.maxStarts ?? 1,
    mode: facts.mode ?? "0",
  };
}

/**
 * Writes a fresh page of limits. `struct page` of programs/lab.h is the layout; a storm program maps it shared, so
 * that what it counts is in the file at once.
 * @param file path of the page on the host
 * @param limits maxForks, deadlineNs, notBeforeNs, intervalNs, lifetimeNs (bigint, ns), maxStarts, mode ("0", "1", "s")
 */
export function writePage(file, limits) {
  const page = Buffer.alloc(4096);
  page.writeBigUInt64LE(BigInt(limits.maxForks), 64);
  page.writeBigUInt64LE(limits.deadlineNs, 72);
  page.writeBigUInt64LE(limits.notBeforeNs, 80);
  page.writeBigUInt64LE(limits.intervalNs, 88);
  page.writeBigUInt64LE(limits.lifetimeNs, 96);
  page.writeUInt32LE(limits.maxStarts, 108);
  page.write(limits.mode, 112, "latin1");
  const fd = openSync(file, "w", 0o600);
  writeSync(fd, page);
  fsyncSync(fd);
  closeSync(fd);
}

/** What the storm program has counted so far; times are CLOCK_MONOTONIC ns, 0n when not reached. */
export function readPage(file) {
  const page = Buffer.alloc(4096);
  const fd = openSync(file, "r");
  readSync(fd, page, 0, page.length, 0);
  closeSync(fd);
  return {
    forks: page.readUInt32LE(0),
    startedNs: page.readBigUInt64LE(8),
    endedNs: page.readBigUInt64LE(16),
    state: STATES[page.readUInt32LE(24)] ?? "unknown",
    starts: page.readUInt32LE(28),
    refused: page.readUInt32LE(32),
    peakAlive: page.readUInt32LE(40),
    exits: { zero: page.readUInt32LE(44), other: page.readUInt32LE(48), signal: page.readUInt32LE(52) },
  };
}

/** Tells the storm to end; its newest generation writes the time and leaves. */
export function askToStop(file) {
  const fd = openSync(file, "r+");
  writeSync(fd, Buffer.from([1, 0, 0, 0]), 0, 4, 104);
  closeSync(fd);
}
