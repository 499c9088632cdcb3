import type { Untrusted } from "../../model/text.ts";
import { countOf, member, textOf, textsOf } from "../files/json-config.ts";
import { readCommandLine } from "../commands/shell-line.ts";
import type { Job } from "../types.ts";

/** What docker and podman take where the image says no interval (30 s, docker-run(1), podman-run(1)). */
const INTERVAL_NS = 30e9;

/**
 * The health check of a container as a job of its own, from what docker and podman both keep: `{"Test": ["CMD-SHELL", …],
 * "Interval": ns}`. Null: it has none, or it is switched off.
 * @param container the container's own job
 * @param config that object
 * @param line of the file in which it stands; null where the file has no lines
 */
export function healthCheckOf(container: Job, config: unknown, file: Untrusted, line: number | null): Job | null {
  const [how, ...words] = textsOf(member(config, "Test"));
  if ((how !== "CMD" && how !== "CMD-SHELL") || words.length === 0) return null;
  const interval = countOf(member(config, "Interval")) ?? 0;
  return probeOf(container, {
    words: how === "CMD-SHELL" ? ["/bin/sh", "-c", ...words] : words,
    everySeconds: (interval === 0 ? INTERVAL_NS : interval) / 1e9,
    directive: "Healthcheck",
    file,
    line,
  });
}

/** A program that is run in a container again and again, to see whether it is well. */
interface Probe {
  words: Untrusted[];
  everySeconds: number;
  directive: Untrusted;
  file: Untrusted;
  line: number | null;
}

/** The same for any container's manager. */
export function probeOf(container: Job, { words, everySeconds, directive, file, line }: Probe): Job {
  const { minimumLifeSeconds: _life, backOff: _backOff, definition: _own, ...own } = container;
  const { becomes, text, commands } = readCommandLine(words);
  return {
    ...own,
    file,
    line,
    directive,
    restarts: "on-schedule",
    everySeconds,
    limit: null,
    atLimit: null,
    delaySeconds: 0,
    command: words.join(" "),
    program: becomes ?? textOf(words[0]),
    ...(text === null ? {} : { shell: true as const, shellText: text, shellCommands: commands }),
    isCheck: true,
  };
}
