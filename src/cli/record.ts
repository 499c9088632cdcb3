import { safe } from "../report/text/sanitise.ts";
import { shellQuote } from "../report/text/shell-quote.ts";
import { diagnoseLive } from "./diagnose-live.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { interruptSignal } from "./interrupt.ts";
import { createKeeper, reportGaps } from "./keeper.ts";
import { writeResult } from "./output.ts";
import type { RecordFlags } from "./commands/record.ts";
import { createProgress } from "./progress.ts";

/** `whoforks record`: observes this host for the whole time, keeps it as a case and says how to diagnose it. */
export async function recordCommand(flags: RecordFlags, version: string): Promise<ExitCode> {
  const keeper = createKeeper(flags.output, flags.redact);
  const progress = createProgress(flags.quiet !== true);
  const { diagnosis, interrupted, saved } = await diagnoseLive({
    version,
    seconds: flags.duration,
    source: flags.source,
    with: flags.with ?? [],
    signal: interruptSignal(),
    progress,
    keeper,
    wholeTime: true,
  });
  progress.clear();
  if (saved === null) return EXIT.internal;
  const lost = diagnosis.sources.map((source) => source.lost).filter((count) => count !== null);
  const losses = [
    lost.length === 0 ? "loss unknown" : `${lost.reduce((sum, count) => sum + count, 0)} lost`,
    ...(saved.events.dropped > 0 ? [`${saved.events.dropped} not kept`] : []),
  ];
  writeResult(
    `${safe(saved.path)}: ${saved.events.kept} events in ${diagnosis.window.seconds.toFixed(1)} s, ${losses.join(", ")}; ${sizeOf(saved.size)}
to diagnose it, here or elsewhere: ${shellQuote(["whoforks", "diagnose", "--from", saved.path])}
`,
    undefined,
  );
  reportGaps(saved);
  if (interrupted) return EXIT.interrupted;
  if (saved.problems.length > 0 || saved.notPacked !== undefined) return EXIT.inconclusive;
  return diagnosis.couldNotLook.some((gap) => gap.code === "tracefs.no-root") ? EXIT.noPrivilege : EXIT.nothingWrong;
}

function sizeOf(bytes: number): string {
  return bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
