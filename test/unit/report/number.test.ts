import { describe, expect, test } from "vitest";
import * as number from "../../../src/report/text/number.ts";

const plain = (text: string): string => text.replaceAll("\u00a0", " ");

describe("numbers", () => {
  test.each([
    [11_240.3, "11,200"],
    [999.6, "1,000"],
    [3.456, "3.46"],
    [0.03451, "0.0345"],
    [0, "0"],
    [Number.NaN, "?"],
    [Infinity, "?"],
  ])("rate %d", (value, shown) => {
    expect(number.rate("en", value)).toBe(shown);
    expect(number.rate("zh-CN", value)).toBe(shown);
  });

  test("counts keep every digit", () => {
    expect(number.count("en", 2_443_616)).toBe("2,443,616");
    expect(number.count("zh-CN", 22_524)).toBe("22,524");
  });

  test.each([
    [0.31, "31%"],
    [0.0421, "4.2%"],
    [1, "100%"],
    [0.9996, "99.9%"],
    [0.00004, "<0.1%"],
    [0, "0%"],
  ])("share %d", (value, shown) => {
    expect(number.percent("en", value)).toBe(shown);
  });

  test.each([
    [0.0871, "87.1 µs", "87.1 微秒"],
    [0.0000001, "<1 µs", "<1 微秒"],
    [0, "0 ms", "0 毫秒"],
    [1.94, "1.94 ms", "1.94 毫秒"],
    [1900, "1.9 s", "1.9 秒"],
    [125_000, "2 min 5 s", "2 分 5 秒"],
  ])("%d ms", (value, en, zh) => {
    expect(plain(number.milliseconds("en", value))).toBe(en);
    expect(plain(number.milliseconds("zh-CN", value))).toBe(zh);
  });

  test.each([
    [2.004, "2 s"],
    [59.96, "60 s"],
    [3600, "1 h"],
    [11_540, "3 h 12 min"],
    [356_400, "4 d 3 h"],
  ])("%d s", (value, shown) => {
    expect(plain(number.seconds("en", value))).toBe(shown);
  });

  test.each([
    [0, "0 B"],
    [999, "999 B"],
    [999_600, "1 MB"],
    [78_118_912, "78.1 MB"],
    [-1500, "-1.5 kB"],
  ])("%d bytes", (value, shown) => {
    expect(plain(number.bytes("en", value))).toBe(shown);
  });

  test("CPUs", () => {
    expect(number.cpus("en", 1.5)).toBe("1.50");
  });
});
