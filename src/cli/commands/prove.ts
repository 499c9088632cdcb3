import { InvalidArgumentError, Option, type Command } from "commander";
import { seconds, sourceOption, type Source } from "./shared.ts";

/** Adds `whoforks prove` to the command line, and the guard that it starts. */
export function addProve(program: Command, version: string): void {
  program
    .command("prove")
    .description("prove what makes the storm: hold it and let it go several times, measure, and take everything back")
    .option("--freeze <pid|unit>", "freeze a process with all that it starts, or a unit of systemd")
    .option(
      "--cpu-weight [pid|unit]",
      "the mildest: leave the CPU to others wherever they want it (no name: the storm)",
    )
    .option("--cpu-limit [pid|unit]", "leave it one hundredth of a CPU (no name: the storm)")
    .option("--sigstop <pid>", "stop one process with SIGSTOP, and let it go on")
    .option("--stop <unit>", "stop a unit by its supervisor's own command, and start it again")
    .option("--mask <unit>", "keep a unit of systemd, or a job of upstart, from being started, and stop it")
    .option("--disable <file:line>", "make one line of an inittab, a crontab or inetd.conf a comment")
    .option("--quarantine <path>", "take a file out of the way, with who runs it frozen, and give it back")
    .option("--across-reboot", "with --quarantine: away for a whole boot; measured after it by --resume")
    .option("--root <dir>", "with --quarantine: the root that the path belongs to, a container's for example")
    .option("--resume <id>", "take back what a run that died has left; after a boot: measure")
    .option("--yes", "do it without asking")
    .option("--dry-run", "show the plan and do nothing (the default where nobody can be asked)")
    .addOption(
      new Option("--pairs <n>", "stretches held, 5 to 16: a false proof has a chance of 2^-n")
        .default(8)
        .argParser(pairs),
    )
    .addOption(
      new Option("--baseline <time>", "measure the storm as it is for this long first")
        .default(2, "2s")
        .argParser(seconds),
    )
    .addOption(
      new Option("--duration <time>", "look for the storm for at most this long").default(5, "5s").argParser(seconds),
    )
    .addOption(sourceOption())
    .addOption(
      new Option("--format <format>", "how to print the result").choices(["terminal", "json"]).default("terminal"),
    )
    .option("--json", "the same as --format json")
    .option("-o, --output <file>", "write the result to a file instead of standard output")
    .addOption(
      new Option("--lang <language>", "language of the report (default: from the environment)").choices([
        "en",
        "zh-CN",
      ]),
    )
    .option("--no-color", "no colours (NO_COLOR does the same)")
    .option("-q, --quiet", "no plan and no progress on standard error")
    .option("-v, --verbose", "also show every stretch")
    .addHelpText(
      "after",
      `
Examples:
  sudo whoforks prove                           find the storm, show the mildest way to hold it, ask
  sudo whoforks prove --yes                     the same without asking
  sudo whoforks prove --freeze 812              is it this process, and what it starts?
  sudo whoforks prove --freeze cron.service     or this unit?
  sudo whoforks prove --cpu-limit 812           the same, and nothing stands still
  sudo whoforks prove --stop later.service      stopped and started by its supervisor
  sudo whoforks prove --mask later.service      the same, and nobody can start it meanwhile
  sudo whoforks prove --disable /etc/inittab:3  one line, told to init
  sudo whoforks prove --quarantine /usr/bin/atd this file, with its processes
  sudo whoforks prove --quarantine /usr/bin/atd --across-reboot    away for a boot
  sudo whoforks prove --resume ID               measure after that boot; or take back what a killed run has left

Everything is taken back before it ends, also when it is interrupted or killed. The rule and its error rate: docs/prove.md.

Exit codes: 0 refuted, or a plan only · 1 proven · 2 wrong usage · 3 inconclusive · 4 not enough privilege
            5 internal error · 6 something could not be taken back · 130 interrupted, after taking it back`,
    )
    .action(async (flags: ProveFlags) => {
      const { proveCommand } = await import("../prove.ts");
      process.exitCode = await proveCommand(flags, version);
    });
  program
    .command("guard", { hidden: true })
    .argument("<pid>")
    .argument("<started>")
    .action(async (pid: string, startTicks: string) => {
      const { guardCommand } = await import("../guard.ts");
      process.exit(await guardCommand({ pid: Number(pid), startTicks }));
    });
}

function pairs(text: string): number {
  const value = /^\d{1,2}$/.test(text) ? Number(text) : 0;
  if (value < 5 || value > 16) throw new InvalidArgumentError("give a number from 5 to 16");
  return value;
}

/** Options of `prove` as commander hands them over. */
export interface ProveFlags {
  freeze?: string;
  /** `true`: no name was given. */
  cpuWeight?: string | true;
  cpuLimit?: string | true;
  sigstop?: string;
  stop?: string;
  mask?: string;
  disable?: string;
  quarantine?: string;
  acrossReboot?: boolean;
  root?: string;
  resume?: string;
  yes?: boolean;
  dryRun?: boolean;
  pairs: number;
  /** Seconds. */
  baseline: number;
  duration: number;
  source: Source;
  format: "terminal" | "json";
  json?: boolean;
  output?: string;
  lang?: "en" | "zh-CN";
  color: boolean;
  quiet?: boolean;
  verbose?: boolean;
}
