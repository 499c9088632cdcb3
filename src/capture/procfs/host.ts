import * as os from "node:os";
import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { HostFacts } from "../types.ts";
import { readSmall } from "./read-small.ts";

/** Which host this is. */
export function hostFacts(): HostFacts {
  const stat = readSmall("/proc/stat")?.toString("latin1") ?? "";
  const bootedAt = Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? Number.NaN);
  const online = [...stat.matchAll(/^cpu\d+ /gm)].length;
  return {
    hostname: firstLine(readSmall("/proc/sys/kernel/hostname")) ?? os.hostname(),
    kernel: firstLine(readSmall("/proc/sys/kernel/osrelease")) ?? os.release(),
    machine: os.machine(),
    os: prettyName(readSmall("/etc/os-release") ?? readSmall("/usr/lib/os-release")),
    cpus: online || os.cpus().length,
    bootedAt: new Date(Number.isNaN(bootedAt) ? Date.now() - os.uptime() * 1000 : bootedAt * 1000).toISOString(),
  };
}

function firstLine(text: Uint8Array | null): Untrusted | null {
  return text === null ? null : (fromBytes(text).split("\n")[0] ?? null);
}

/** PRETTY_NAME of os-release(5): a shell assignment, mostly in double quotes, `PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"`. */
export function prettyName(text: Uint8Array | null): Untrusted | null {
  if (text === null) return null;
  const line = fromBytes(text)
    .split("\n")
    .findLast((each) => each.startsWith("PRETTY_NAME="));
  if (line === undefined) return null;
  const value = line.slice("PRETTY_NAME=".length).trim();
  const quote = value[0];
  if (quote !== '"' && quote !== "'") return value;
  const inner = value.slice(1, value.endsWith(quote) && value.length > 1 ? -1 : undefined);
  return quote === '"' ? inner.replace(/\\([\\"$`])/g, "$1") : inner;
}
