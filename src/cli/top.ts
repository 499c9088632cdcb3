import { chooseLanguage } from "../report/text/language.ts";
import { say } from "../report/text/catalogue/index.ts";
import type { Voice } from "../report/text/voice.ts";
import { firstOrder } from "../top/order.ts";
import type { TopFlags } from "./commands/top.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { Failure } from "./failure.ts";
import { interruptSignal } from "./interrupt.ts";
import { colourWanted, columnsOf, unicodeWanted } from "./terminal.ts";
import { TopSession } from "./top-session.ts";

/** `whoforks top`: observes until somebody has seen enough, gives the exit code. */
export async function topCommand(flags: TopFlags, version: string): Promise<ExitCode> {
  if (flags.window < flags.interval)
    throw new Failure("--window is shorter than --interval: what happens in between would not show");
  const redrawn = process.stdout.isTTY && process.env["TERM"] !== "dumb";
  const interactive = redrawn && flags.batch !== true && flags.json !== true;
  if (interactive && flags.tables !== undefined) throw new Failure("-n goes with --batch or --json");
  const voice: Voice = {
    language: chooseLanguage({ ...(flags.lang === undefined ? {} : { flag: flags.lang }), env: process.env }),
    unicode: unicodeWanted(process.env),
    nameLimit: 60,
  };
  const signal = interruptSignal();
  const { interval, window } = flags;
  const session = new TopSession({ source: flags.source === "auto" ? undefined : flags.source, interval, window });
  try {
    if (interactive) {
      const { topInteractive } = await import("./top-interactive.ts");
      const colour = colourWanted(flags.color, true);
      const { sort, filter, source } = flags;
      const quit = await topInteractive(session, { interval, sort, filter, source, colour, voice, version }, signal);
      if (!quit) return EXIT.interrupted;
    } else {
      if (flags.batch !== true && flags.json !== true)
        process.stderr.write(`whoforks: ${say(voice, "top.batch.no-terminal", { seconds: interval })}\n`);
      const { topBatch } = await import("./top-batch.ts");
      const sorting = firstOrder(flags.sort);
      const { filter, rows, tables = Number.POSITIVE_INFINITY } = flags;
      const columns = columnsOf(process.stdout.isTTY);
      await topBatch(
        session,
        { columns, sorting, filter, rows, tables, json: flags.json === true, version, voice },
        signal,
      );
      if (signal.aborted) return EXIT.interrupted;
    }
  } finally {
    session.stop();
  }
  return exitCode(session, flags);
}

/** Without kernel events there was less to see than was asked for, unless that is what was asked for. */
function exitCode({ source, couldNotLook }: TopSession, flags: TopFlags): ExitCode {
  if (flags.source === "proc" || source !== "proc") return EXIT.nothingWrong;
  return couldNotLook.some(({ code }) => code.endsWith(".no-root")) ? EXIT.noPrivilege : EXIT.inconclusive;
}
