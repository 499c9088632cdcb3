/** Languages of the reports. Codes, paths, units of configuration and flags are the same in all of them. */
export const LANGUAGES = ["en", "zh-CN"] as const;
export type Language = (typeof LANGUAGES)[number];

/** The language that a name like `zh_CN.UTF-8`, `zh-Hans` or `C` asks for; null for one that there is no catalogue for. */
export function languageOf(name: string): Language | null {
  const tag = name.toLowerCase().replace(/[.@].*$/, "");
  if (tag === "c" || tag === "posix" || /^en(?:[-_]|$)/.test(tag)) return "en";
  // Readers of traditional script read the simplified one more easily than English.
  return /^zh(?:[-_]|$)/.test(tag) ? "zh-CN" : null;
}

/**
 * Chooses the language: the flag, then WHOFORKS_LANG, LANGUAGE (a list), LC_ALL, LC_MESSAGES, LANG, as gettext does
 * (variables that are set but empty do not count; LANGUAGE does not count in the C locale). English when none of them
 * names a language of ours. A flag with another language is the caller's to refuse, with `languageOf`.
 */
export function chooseLanguage(from: {
  flag?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
}): Language {
  const { flag, env } = from;
  const locale = env["LC_ALL"] || env["LC_MESSAGES"] || env["LANG"] || "";
  const list = /^(?:C|POSIX)$/.test(locale) ? "" : (env["LANGUAGE"] ?? "");
  const wishes = [flag, env["WHOFORKS_LANG"], ...list.split(":"), locale];
  for (const wish of wishes) {
    const language = wish === undefined || wish === "" ? null : languageOf(wish);
    if (language !== null) return language;
  }
  return "en";
}
