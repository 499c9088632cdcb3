import { containerName, containerOf } from "../capture/procfs/container-of.ts";
import { link } from "../capture/procfs/facts.ts";
import type { RollingRow } from "../derive/rolling.ts";
import type { TopRow } from "../top/table.ts";

type Container = TopRow["container"];
type Known = Map<string, { container: Container; since: number }>;

/** Looks after which what was found about a row is looked up again. */
const KEPT_FOR = 30;
/** Rows looked up in one go. */
const AT_ONCE = 64;

/** Which container each row runs in, by a member that lives or by those who start and reap it. */
export class TopContainers {
  readonly #own = link("/proc/self/ns/pid");
  #known: Known = new Map();
  #look = 0;

  /** Answers for these rows; what is kept of others goes. */
  look(rows: readonly RollingRow[]): Map<RollingRow, Container> {
    this.#look++;
    const known: Known = new Map();
    const answers = new Map<RollingRow, Container>();
    let looked = 0;
    for (const row of rows) {
      let entry = this.#known.get(row.key);
      if ((entry === undefined || this.#look - entry.since > KEPT_FOR) && looked < AT_ONCE) {
        looked++;
        const container = this.#find(row);
        if (container !== undefined) entry = { container, since: this.#look };
      }
      if (entry !== undefined) known.set(row.key, entry);
      answers.set(row, entry?.container ?? null);
    }
    this.#known = known;
    return answers;
  }

  /** Undefined: none of those who could tell lives any more. */
  #find({ memberPid, spawner, reapers, cgroup }: RollingRow): Container | undefined {
    for (const pid of [memberPid, spawner?.pid, reapers[0]?.pid]) {
      if (pid === null || pid === undefined) continue;
      const found = containerOf(pid, this.#own);
      if (found === undefined) continue;
      // The process that reaps them may be outside; their own cgroup has the last word.
      const name = found?.name ?? (cgroup === null ? null : containerName(cgroup));
      return found === null ? (name === null ? null : { name, pidNamespace: "" }) : { ...found, name };
    }
    return undefined;
  }
}
