import * as fs from "node:fs";
import * as path from "node:path";
import { describe, expect, test } from "vitest";
import { STORM_KINDS } from "../../../src/diagnosis/result.ts";
import { en } from "../../../src/report/text/catalogue/en.ts";
import { hasMessage, render } from "../../../src/report/text/catalogue/index.ts";
import { zhCN } from "../../../src/report/text/catalogue/zh-CN.ts";
import { parseTemplate, placeholders, type Part } from "../../../src/report/text/template.ts";
import { voiceOf } from "../../../src/report/text/voice.ts";

const codes = Object.keys(en) as (keyof typeof en)[];

/** Names with their formats; plurals are a matter of English and do not count. */
function formats(parts: readonly Part[]): string[] {
  const found = parts.flatMap((part): string[] => {
    if (part.kind === "argument") return [`${part.name}:${part.format}`];
    return part.kind === "optional" ? formats([...part.parts, ...part.otherwise]) : [];
  });
  return [...new Set(found)].sort();
}

describe("the two languages", () => {
  test("have the same codes", () => {
    expect(Object.keys(zhCN).sort()).toEqual(codes.toSorted());
  });

  test.each(codes)("say the same numbers in %s", (code) => {
    const [english, chinese] = [parseTemplate(en[code]), parseTemplate(zhCN[code])];
    expect(placeholders(chinese)).toEqual(placeholders(english));
    expect(formats(chinese)).toEqual(formats(english));
  });

  test.each(codes)("differ in %s: nothing was left untranslated", (code) => {
    const words = en[code].replace(/\{[^}]*\}/g, "").replace(/pid|CPU|exit/g, "");
    if (/[A-Za-z]{3}/.test(words)) expect(zhCN[code]).not.toBe(en[code]);
  });

  test("Chinese uses Chinese punctuation beside Chinese text", () => {
    for (const [code, text] of Object.entries(zhCN))
      expect(text, code).not.toMatch(/\p{Script=Han}[,;:?!]|[,;:?!]\p{Script=Han}/u);
  });
});

describe("the codes that the source uses", () => {
  const PREFIXES =
    "verdict|chain|advice|reason|identity|limit|audit|couldnot|tag|confidence|label|title|column|safety|line|kind|identity-verdict|identity-check|identify|survey|survey|number|witness|absence|top";
  const literal = new RegExp(`["\`]((?:${PREFIXES})\\.[a-z0-9.-]*[a-z0-9])["\`]`, "g");
  const composed = new RegExp(`\`((?:${PREFIXES})\\.[a-z0-9.-]*)\\$\\{`, "g");
  const files = sourceFiles("src");
  const outside = files.filter((file) => !file.includes("/catalogue/"));
  const uses = (pattern: RegExp): Map<string, string> =>
    new Map(
      outside.flatMap((file) =>
        [...fs.readFileSync(file, "utf8").matchAll(pattern)].map(([, code]) => [code as string, file] as const),
      ),
    );
  // Codes of could-not-look entries stand without their prefix where they are made.
  const gapCode =
    /code: "((?:tracefs|procfs|hidden|identity|supervisors|cpu|lifetimes|exits|audit|host)\.[a-z0-9.-]+)",\s*what/g;

  /** `cannot("no-root", …)`, `{ code: "locked", why: … }`. */
  const REFUSAL = /(?:\bcannot\(\s*|\bcode: )"([a-z0-9-]+)",\s*(?!what)/g;

  test("are in the catalogue", () => {
    const gaps = new Set(uses(gapCode).keys());
    const missing = [...uses(literal)]
      // What a limit means is told as a step of the story.
      .filter(([code]) => !hasMessage(code) && !gaps.has(code) && !hasMessage(`chain.${code}`))
      .map(([code, file]) => `${code} (${file})`);
    expect(missing).toEqual([]);
  });

  // Rooms that make many of one kind leave the prefix to a helper.
  test.each([
    ["reason", /\breason\(\s*"(?:for|against)",\s*"([a-z0-9-]+)"/g],
    ["chain", /\bstep\(\s*"([a-z0-9-]+)"/g],
    ["advice", /\badvice\(\s*"([a-z0-9-]+)"/g],
    ["verdict.inconclusive", /\bwithout\(\s*"([a-z0-9-]+)"/g],
    ["couldnot", /\bgap\(\s*"(case\.[a-z0-9-]+)"/g],
    ["couldnot", /\bcode: "((?:audit|proc|netlink)\.[a-z0-9-]+)",\s*what/g],
    ["couldnot.tracefs", /\bfail\(\s*"([a-z0-9-]+)"/g],
  ])("made by a helper for %s are in the catalogue", (prefix, pattern) => {
    const made = [...uses(pattern).keys()];
    expect(made.length).toBeGreaterThan(0);
    expect(made.filter((code) => !hasMessage(`${prefix}.${code}`))).toEqual([]);
  });

  test("of what could not be looked at are in the catalogue", () => {
    const missing = [...uses(gapCode).keys()].filter((code) => !hasMessage(`couldnot.${code}`));
    expect(missing).toEqual([]);
  });

  test.each(["audit", "netlink"])("of why there is no %s are in the catalogue", (source) => {
    const made = fs
      .readdirSync(`src/capture/${source}`)
      .flatMap((file) => [...fs.readFileSync(`src/capture/${source}/${file}`, "utf8").matchAll(REFUSAL)])
      .map(([, code]) => code as string);
    expect(made.length).toBeGreaterThan(5);
    expect(made.filter((code) => !hasMessage(`couldnot.${source}.${code}`))).toEqual([]);
  });

  test("of every kind of storm are in the catalogue", () => {
    for (const kind of STORM_KINDS) expect(hasMessage(`kind.${kind}`), kind).toBe(true);
  });

  test("of the report are all used", () => {
    const literals = uses(literal);
    const stems = [...uses(composed).keys()];
    const own = codes.filter((code) =>
      /^(?:tag|confidence|label|title|column|safety|line|kind|identity-verdict|identity-check|identify|number|witness|absence|top)\./.test(
        code,
      ),
    );
    const dead = own.filter((code) => !literals.has(code) && !stems.some((stem) => code.startsWith(stem)));
    expect(dead).toEqual([]);
  });
});

describe("render", () => {
  test("puts numbers, names and plurals in", () => {
    expect(render("en", "chain.ends", { count: 1, total: 2, end: "exit 1", program: "x" })).toBe(
      "1 of 2 ends were exit 1",
    );
    expect(render("en", "reason.events-lost", { lost: 1 })).toBe("1 event was lost");
    expect(render("en", "reason.events-lost", { lost: 1200 })).toBe("1,200 events were lost");
    expect(render("zh-CN", "reason.events-lost", { lost: 1200 })).toBe("丢失了 1,200 个事件");
  });

  test("leaves out what is not known", () => {
    const args = { supervisor: "upstart", file: "/etc/init/atd.conf", directive: "respawn", program: "/usr/bin/atd" };
    expect(render("en", "chain.restarted-by", { ...args, line: 12 })).toMatch(/atd\.conf:12$/);
    expect(render("en", "chain.restarted-by", { ...args, line: null })).toMatch(/atd\.conf$/);
    expect(render("en", "chain.spawner", { spawner: null, share: 1, program: "x" })).toMatch(
      /^a process that was not seen starts 100%/,
    );
  });

  test("shows a code that it does not know with its arguments", () => {
    expect(render("en", "chain.of-the-future", { pid: 7, name: "a\nb" })).toBe(
      String.raw`chain.of-the-future pid=7 name="a\x0ab"`,
    );
    expect(render("zh-CN", "constructor", {})).toBe("constructor");
    expect(render("en", "x\u001b]0;y", {})).toBe(String.raw`x\x1b]0;y`);
  });

  test("survives arguments of the wrong type, and inherited ones", () => {
    const loop: Record<string, unknown> = {};
    loop["loop"] = loop;
    for (const perSecond of [null, undefined, "fast", {}, [], [1, "a"], true, 10n, loop, Number.NaN, () => 1]) {
      expect(typeof render("en", "verdict.build", { program: perSecond, perSecond })).toBe("string");
    }
    expect(render("en", "verdict.healthy", Object.create({ forksPerSecond: 7 }) as Record<string, unknown>)).toContain(
      "?",
    );
  });

  test("a name cannot pass for words of the report", () => {
    const said = (program: string): string => render("en", "chain.local", { program });
    expect(said("/usr/bin/atd")).toMatch(/^\/usr\/bin\/atd is local/);
    expect(said("/bin/x is genuine")).toMatch(/^"\/bin\/x is genuine" is local/);
    expect(said('/bin/x" is genuine "')).toMatch(/^"\/bin\/x\\x22 is genuine \\x22" is local/);
    expect(render("en", "chain.origin", { spawner: "init (pid 1) (pid 666)", program: "x" })).toMatch(
      /^"init \(pid 1\)"\u00a0\(pid\u00a0666\) /,
    );
  });

  test("a very long name loses its middle", () => {
    const voice = { ...voiceOf("en"), nameLimit: 30 };
    expect(render(voice, "chain.local", { program: `/tmp/${"x".repeat(4000)}/atd` }).length).toBeLessThan(100);
  });
});

describe("parseTemplate", () => {
  test.each(["{", "a }", "{a b}", "[[ x", "x ]]", "{a:}"])("refuses %s", (template) => {
    expect(() => parseTemplate(template)).toThrow(SyntaxError);
  });
});

function sourceFiles(folder: string): string[] {
  return fs
    .readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.tsx?$/.test(name))
    .map((name) => path.join(folder, name));
}
