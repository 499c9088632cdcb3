import type { EventSink } from "../model/events.ts";
import { startNetlink } from "./netlink/start.ts";
import { startTracefs } from "./tracefs/start.ts";
import type { CouldNotLook, ObserveOptions, Observer } from "./types.ts";

/**
 * Starts the source of kernel events that was asked for. Without a wish tracefs, and where that is not to be had the
 * proc connector, but only for root: others would see forks and ends without names and take that for a diagnosis.
 * `refused` tells of each source that was tried in vain.
 */
export function startObserver(
  source: ObserveOptions["source"],
  sink: EventSink,
): { observer: Observer | null; refused: CouldNotLook[] } {
  const refused: CouldNotLook[] = [];
  const attempt = (started: Observer | CouldNotLook): Observer | null => {
    if ("kind" in started) return started;
    refused.push(started);
    return null;
  };
  let observer: Observer | null = null;
  if (source === undefined || source === "tracefs") observer = attempt(startTracefs(sink));
  const fallback = source === undefined && observer === null && process.geteuid?.() === 0;
  if (source === "netlink" || fallback) observer = attempt(startNetlink(sink));
  if (source === "proc") {
    refused.push({
      code: "proc.chosen",
      what: "kernel events (forks, execs, exits)",
      why: "--source proc was given: /proc counts forks and shows only what lives for a while",
      remedy: "sudo whoforks diagnose",
    });
  }
  return { observer, refused };
}
