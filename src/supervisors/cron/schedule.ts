/** When an entry of a crontab starts its command: sets of numbers, sorted, each number once. */
export interface Schedule {
  minutes: number[];
  hours: number[];
  daysOfMonth: number[];
  months: number[];
  /** 0 to 6, Sunday first. */
  daysOfWeek: number[];
  /** Day of month or day of week begins with `*`: then both must fit, otherwise one of them is enough (crontab(5)). */
  bothDays: boolean;
}

const MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ");
const DAYS = "sun mon tue wed thu fri sat".split(" ");

/** The five fields: lowest and highest number, names of the numbers from the lowest on, and what cron calls it when it is wrong. */
const FIELDS = [
  { low: 0, high: 59, names: [], wrong: "bad minute" },
  { low: 0, high: 23, names: [], wrong: "bad hour" },
  { low: 1, high: 31, names: [], wrong: "bad day-of-month" },
  { low: 1, high: 12, names: MONTHS, wrong: "bad month" },
  { low: 0, high: 7, names: DAYS, wrong: "bad day-of-week" },
] as const;

/** `@daily` and the like as five fields; `@reboot` has none. */
const NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** The schedule of a nickname; null: cron knows no such one. */
export function nicknamed(name: string): Schedule | null {
  const fields = Object.hasOwn(NICKNAMES, name) ? NICKNAMES[name] : undefined;
  const schedule = fields === undefined ? null : parseSchedule(fields.split(" "));
  return schedule === null || "wrong" in schedule ? null : schedule;
}

/**
 * Reads five fields as `load_entry` of Vixie cron 3.0pl1 does (src/entry.c), with all that it lets pass: a range that
 * runs backwards is empty, and what follows an element other than by a comma, a hyphen or a slash is skipped.
 */
export function parseSchedule(fields: readonly string[]): Schedule | { wrong: string } {
  const sets: number[][] = [];
  for (const [i, { low, high, names, wrong }] of FIELDS.entries()) {
    const set = parseField(fields[i] ?? "", low, high, names);
    if (set === null) return { wrong };
    sets.push([...set].sort((a, b) => a - b));
  }
  const [minutes = [], hours = [], daysOfMonth = [], months = [], days = []] = sets;
  const daysOfWeek = [...new Set(days.map((day) => day % 7))].sort((a, b) => a - b);
  const bothDays = fields[2]?.startsWith("*") === true || fields[4]?.startsWith("*") === true;
  return { minutes, hours, daysOfMonth, months, daysOfWeek, bothDays };
}

function parseField(field: string, low: number, high: number, names: readonly string[]): Set<number> | null {
  const found = new Set<number>();
  let rest = field;
  for (;;) {
    const number = (text: string): number | null => {
      const named = names.indexOf(text.toLowerCase());
      if (named >= 0) return low + named;
      return /^\d{1,8}$/.test(text) ? Number(text) : null;
    };
    const element = /^(?:\*|([A-Za-z0-9]+)(?:-([A-Za-z0-9]+))?)/.exec(rest);
    if (element === null) return null;
    rest = rest.slice(element[0].length);
    const isRange = element[1] === undefined || element[2] !== undefined;
    const from = element[1] === undefined ? low : number(element[1]);
    const to = element[1] === undefined ? high : element[2] === undefined ? from : number(element[2]);
    if (from === null || to === null || from < low || to > high || from > high || to < low) return null;
    let step = 1;
    if (rest.startsWith("/")) {
      const given = /^\/([A-Za-z0-9]+)/.exec(rest);
      // Steps have no names, and need a range before them.
      step = isRange && /^\d{1,8}$/.test(given?.[1] ?? "") ? Number(given?.[1]) : 0;
      if (given === null || step === 0) return null;
      rest = rest.slice(given[0].length);
    }
    for (let i = from; i <= to; i += step) found.add(i);
    if (!rest.startsWith(",")) return rest.startsWith("-") && !isRange ? null : found;
    rest = rest.slice(1);
  }
}

/** Eight years hold a leap day, and every day of the week falls on every date of most months. */
const DAYS_LOOKED_AT = 8 * 366;
const DAY_MS = 86_400_000;
const FIRST_DAY = Date.UTC(2024, 0, 1);

/**
 * Seconds between the two starts of a schedule that lie closest together; null: it starts never (30 February), Infinity:
 * once in eight years. Clock changes are left out.
 */
export function shortestGap(schedule: Schedule): number | null {
  const { minutes, hours } = schedule;
  const days = shortestDays(schedule);
  const [firstMinute, firstHour] = [minutes[0], hours[0]];
  const [lastMinute, lastHour] = [minutes.at(-1), hours.at(-1)];
  if (days === null || firstMinute === undefined || firstHour === undefined) return null;
  if (lastMinute === undefined || lastHour === undefined) return null;
  // From the last minute of an hour to the first of a later one.
  const turn = firstMinute - lastMinute;
  const gaps = [
    ...pairs(minutes).map(([a, b]) => b - a),
    ...pairs(hours).map(([a, b]) => (b - a) * 60 + turn),
    (days * 24 - lastHour + firstHour) * 60 + turn,
  ];
  return Math.min(...gaps) * 60;
}

function pairs(numbers: readonly number[]): [number, number][] {
  return numbers.slice(1).map((b, i) => [numbers[i] as number, b]);
}

/** Fewest days from one that fits to the next; null: none fits. */
function shortestDays({ daysOfMonth, months, daysOfWeek, bothDays }: Schedule): number | null {
  let last: number | null = null;
  let shortest = Infinity;
  for (let day = 0; day < DAYS_LOOKED_AT && shortest > 1; day++) {
    const date = new Date(FIRST_DAY + day * DAY_MS);
    if (!months.includes(date.getUTCMonth() + 1)) continue;
    const byDate = daysOfMonth.includes(date.getUTCDate());
    const byDay = daysOfWeek.includes(date.getUTCDay());
    if (bothDays ? !(byDate && byDay) : !(byDate || byDay)) continue;
    if (last !== null) shortest = Math.min(shortest, day - last);
    last = day;
  }
  return last === null ? null : shortest;
}
