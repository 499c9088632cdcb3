import { fromBytes, type Untrusted } from "../../model/text.ts";
import type { Root } from "../../platform/root.ts";

/** A clock on a wall: month 1 to 12. */
export interface WallTime {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}

const HOUR = 3_600_000;

/** The time zone in which a host writes its logs. */
export class Zone {
  /** `Europe/Berlin`, `UTC`. */
  readonly name: string;
  /** False: the host does not tell, and UTC was taken. */
  readonly known: boolean;
  readonly #format: Intl.DateTimeFormat;
  readonly #offsets = new Map<number, number>();

  /**
   * By localtime(5): where the link /etc/localtime leads, else /etc/timezone (Debian), else UTC. A zone that is a file
   * without a name, or a name that is not known here, is told as not known.
   */
  static of(root: Root): Zone {
    try {
      const link = root.readlink("/etc/localtime");
      const fromLink = link === null ? null : (/zoneinfo\/(?:posix\/|right\/)?(.+)$/.exec(link)?.[1] ?? null);
      const named = fromLink ?? nameIn(root);
      if (named !== null) return Zone.named(named) ?? new Zone("UTC", false);
      // localtime(5): without the file UTC is used.
      return new Zone("UTC", root.lstat("/etc/localtime") === null);
    } catch {
      return new Zone("UTC", false);
    }
  }

  /** Null when the name is not that of a zone. */
  static named(name: Untrusted): Zone | null {
    try {
      return new Zone(name, true);
    } catch {
      return null;
    }
  }

  private constructor(name: string, known: boolean) {
    this.name = name;
    this.known = known;
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /**
   * Milliseconds since 1970 of a time on this zone's wall. Of an hour that comes twice in autumn the first is taken. NaN for
   * what no calendar has.
   */
  epochMs({ year, month, day, hour, minute, second }: WallTime): number {
    const wall = Date.UTC(year, month - 1, day, hour, minute, second);
    const date = new Date(wall);
    if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 60)
      return Number.NaN;
    const first = wall - this.#offset(wall);
    const earlier = wall - this.#offset(first - HOUR);
    if (earlier + this.#offset(earlier) === wall) return earlier;
    return wall - this.#offset(first);
  }

  /** Milliseconds that the wall is ahead of UTC; offsets change at whole quarters of an hour only. */
  #offset(ms: number): number {
    const quarter = Math.floor(ms / (HOUR / 4));
    const known = this.#offsets.get(quarter);
    if (known !== undefined) return known;
    const parts: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(ms)) parts[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
    const offset = Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
    if (this.#offsets.size > 100_000) this.#offsets.clear();
    this.#offsets.set(quarter, offset);
    return offset;
  }
}

function nameIn(root: Root): Untrusted | null {
  const content = root.read("/etc/timezone", 4096);
  const name = content === null ? "" : (fromBytes(content).split("\n")[0] ?? "").trim();
  return name === "" ? null : name;
}
