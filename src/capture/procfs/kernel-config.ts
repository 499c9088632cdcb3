import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";

/** A configuration is some 250 KiB. */
const LIMIT = 4 << 20;

/**
 * How the running kernel was built, from /proc/config.gz or /boot/config-RELEASE: true for y and m, false for not set,
 * null where neither file can be read.
 */
export function kernelConfig(release: string): (option: string) => boolean | null {
  const text = configText(release);
  return (option) => {
    if (text === null) return null;
    const line = text.split("\n").find((each) => each.startsWith(`CONFIG_${option}=`));
    return line !== undefined && /=[ym]$/.test(line);
  };
}

function configText(release: string): string | null {
  try {
    return gunzipSync(readFileSync("/proc/config.gz"), { maxOutputLength: LIMIT }).toString("latin1");
  } catch {
    // Not built with CONFIG_IKCONFIG_PROC: distributions have the other file.
  }
  if (release.includes("/")) return null;
  try {
    const path = `/boot/config-${release}`;
    return statSync(path).size > LIMIT ? null : readFileSync(path, "latin1");
  } catch {
    // No such file: then it is not known.
    return null;
  }
}
