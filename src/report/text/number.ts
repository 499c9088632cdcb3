import type { Language } from "./language.ts";
import type { Safe } from "./sanitise.ts";

/**
 * Numbers as a reader in a hurry wants them: three digits are enough for what was measured, units are always there.
 * U+00A0 keeps a number and its unit on one line (`wrap` turns it into a blank).
 */
const UNITS = {
  en: { us: "µs", ms: "ms", s: "s", min: "min", h: "h", d: "d" },
  "zh-CN": { us: "微秒", ms: "毫秒", s: "秒", min: "分", h: "小时", d: "天" },
} satisfies Record<Language, Record<string, string>>;

const BLANK = "\u00a0";

const formats = new Map<string, Intl.NumberFormat>();
function format(language: Language, value: number, options: Intl.NumberFormatOptions): string {
  const key = language + JSON.stringify(options);
  let made = formats.get(key);
  if (made === undefined) formats.set(key, (made = new Intl.NumberFormat(language, options)));
  return made.format(value);
}

/** `?` for what is no finite number: a report never fails for a number. */
function finite(value: number, text: () => string): Safe {
  return (Number.isFinite(value) ? text() : "?") as Safe;
}

/** `11,200` for 11,240.3; `0.0345`. */
export function rate(language: Language, value: number): Safe {
  return finite(value, () => format(language, value, { maximumSignificantDigits: 3 }));
}

/** `33,618`: whole, every digit. */
export function count(language: Language, value: number): Safe {
  return finite(value, () => format(language, value, { maximumFractionDigits: 0 }));
}

/** `1.52`. */
export function cpus(language: Language, value: number): Safe {
  return finite(value, () => format(language, value, { minimumFractionDigits: 2, maximumFractionDigits: 2 }));
}

/** `31%`, `4.2%`; a share that is not all never shows as 100%, one that is not nothing never as 0%. */
export function percent(language: Language, share: number): Safe {
  return finite(share, () => {
    if (share > 0 && share < 0.001) return "<0.1%";
    const whole = share >= 0.1 && (share < 0.99 || share >= 1);
    const shown = whole ? share : Math.floor(share * 1000) / 1000;
    return format(language, shown, { style: "percent", maximumFractionDigits: whole ? 0 : 1 });
  });
}

/** Milliseconds with the unit that fits: `85 µs`, `1.2 ms`, `3.02 s`, `2 min 5 s`. */
export function milliseconds(language: Language, value: number): Safe {
  return finite(value, () => {
    const unit = UNITS[language];
    if (value > 0 && value < 0.001) return `<1${BLANK}${unit.us}`;
    if (value !== 0 && value < 1) return digits(language, value * 1000) + BLANK + unit.us;
    if (value < 1000) return digits(language, value) + BLANK + unit.ms;
    return seconds(language, value / 1000);
  });
}

/** Seconds: `3.02 s`, `2 min 5 s`, `3 h 12 min`, `4 d 3 h`. */
export function seconds(language: Language, value: number): Safe {
  return finite(value, () => {
    const unit = UNITS[language];
    if (value < 60) return digits(language, value) + BLANK + unit.s;
    const whole = Math.round(value);
    if (whole < 3600) return two(Math.floor(whole / 60), unit.min, whole % 60, unit.s);
    if (whole < 172_800) return two(Math.floor(whole / 3600), unit.h, Math.floor((whole % 3600) / 60), unit.min);
    return two(Math.floor(whole / 86_400), unit.d, Math.floor((whole % 86_400) / 3600), unit.h);
  });
}

function two(large: number, largeUnit: string, small: number, smallUnit: string): string {
  const first = `${large}${BLANK}${largeUnit}`;
  return small === 0 ? first : `${first}${BLANK}${small}${BLANK}${smallUnit}`;
}

function digits(language: Language, value: number): string {
  return format(language, value, { maximumSignificantDigits: 3 });
}

/** Memory and other large sizes: `78.1 MB` (powers of 1000). */
export function bytes(language: Language, value: number): Safe {
  return finite(value, () => {
    const names = ["B", "kB", "MB", "GB", "TB", "PB"];
    let power = 0;
    let shown = Math.abs(value);
    while (shown >= 999.5 && power < names.length - 1) {
      shown /= 1000;
      power++;
    }
    return digits(language, value < 0 ? -shown : shown) + BLANK + (names[power] as string);
  });
}
