import type { EventSink } from "../model/events.ts";
import { startAudit } from "./audit/start.ts";
import { startNetlink } from "./netlink/start.ts";
import { startTracefs } from "./tracefs/start.ts";
import type { CouldNotLook, ObserveOptions, Observer } from "./types.ts";

type Wish = Pick<ObserveOptions, "source" | "openAuditReader" | "tee">;

/**
 * Starts the source of kernel events that was asked for. Without a wish tracefs; where that is not to be had, and only for
 * root, the proc connector, and after that audit records. Others would see forks and ends without names and take that for
 * a diagnosis. `refused` tells of each source that was tried in vain.
 */
export function startObserver(
  { source, openAuditReader, tee }: Wish,
  sink: EventSink,
): { observer: Observer | null; refused: CouldNotLook[] } {
  const refused: CouldNotLook[] = [];
  const attempt = (started: Observer | CouldNotLook): Observer | null => {
    if ("kind" in started) return started;
    refused.push(started);
    return null;
  };
  let observer: Observer | null = null;
  const wanted = (kind: Observer["kind"]): boolean =>
    source === kind || (source === undefined && observer === null && (kind === "tracefs" || process.geteuid?.() === 0));
  if (wanted("tracefs")) observer = attempt(startTracefs(sink, tee === undefined ? {} : { tee }));
  if (wanted("netlink")) observer = attempt(startNetlink(sink));
  if (wanted("audit") && openAuditReader !== undefined) observer = attempt(startAudit(sink, openAuditReader));
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
