import type { OriginEvent } from "./result.ts";

const BRINGING = new Set([
  "install",
  "upgrade",
  "reinstall",
  "unpacked",
  "installed",
  "reinstalled",
  "upgraded",
  "downgraded",
  "updated",
  "installing",
  "upgrading",
  "reinstalling",
  "downgrading",
  "replacing",
  "downgrade",
]);

/** Whether an event says that the file's own package was unpacked then. */
export function isInstall({ relation, code, args }: OriginEvent): boolean {
  if (relation !== "package") return false;
  return code !== "origin.package-action" || BRINGING.has(String(args["action"]));
}

/** Milliseconds at which the file's package was installed or unpacked, oldest first. */
export function installsOf(events: readonly OriginEvent[]): number[] {
  return events
    .filter((event) => isInstall(event) && event.time !== null)
    .map(({ time }) => Date.parse(time as string))
    .sort((a, b) => a - b);
}
