import { describe, expect, test } from "vitest";
import { chooseLanguage, languageOf } from "../../../src/report/text/language.ts";

describe("chooseLanguage", () => {
  test.each<[string, string | undefined, Record<string, string>, string]>([
    ["nothing set", undefined, {}, "en"],
    ["LANG", undefined, { LANG: "zh_CN.UTF-8" }, "zh-CN"],
    ["Singapore", undefined, { LANG: "zh_SG" }, "zh-CN"],
    ["script", undefined, { LANG: "zh-Hans" }, "zh-CN"],
    ["LC_ALL before LANG", undefined, { LC_ALL: "en_GB.UTF-8", LANG: "zh_CN.UTF-8" }, "en"],
    ["LC_MESSAGES before LANG", undefined, { LC_MESSAGES: "zh_CN", LANG: "en_US" }, "zh-CN"],
    ["LANGUAGE before LC_ALL", undefined, { LANGUAGE: "zh_CN:en", LC_ALL: "en_US.UTF-8" }, "zh-CN"],
    ["LANGUAGE does not count in the C locale", undefined, { LANGUAGE: "zh_CN", LC_ALL: "C" }, "en"],
    ["the first language of the list that is ours", undefined, { LANGUAGE: "fr:zh_CN:en", LANG: "fr_FR" }, "zh-CN"],
    ["a language that is not ours", undefined, { LANG: "fr_FR.UTF-8" }, "en"],
    ["set but empty does not count", undefined, { LC_ALL: "", LC_MESSAGES: "", LANG: "zh_CN" }, "zh-CN"],
    ["C.UTF-8", undefined, { LANG: "C.UTF-8" }, "en"],
    ["WHOFORKS_LANG before the locale", undefined, { WHOFORKS_LANG: "zh-CN", LANG: "en_US" }, "zh-CN"],
    ["the flag before everything", "en", { WHOFORKS_LANG: "zh-CN", LC_ALL: "zh_CN" }, "en"],
    ["the flag", "zh-CN", { LANG: "en_US" }, "zh-CN"],
  ])("%s", (_, flag, env, language) => {
    expect(chooseLanguage({ flag, env })).toBe(language);
  });

  test("a flag that the caller must refuse", () => {
    expect(languageOf("tlh")).toBeNull();
    expect(languageOf("zhuang")).toBeNull();
  });
});
