import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { openCase } from "../../../src/casefolder/case-reader.ts";
import { CaseWriter } from "../../../src/casefolder/case-writer.ts";
import { diagnoseCase } from "../../../src/cli/diagnose-case.ts";
import type { Listening } from "../../../src/model/listening.ts";
import { fromBytes } from "../../../src/model/text.ts";
import { forge, rest } from "../../support/cases.ts";
import { Stream } from "../../support/storms.ts";

const folder = mkdtempSync(join(tmpdir(), "whoforks-case-listening-"));
afterAll(() => rmSync(folder, { recursive: true }));
writeFileSync(join(folder, "inittab"), "");

/** A program that nobody knows starts another 200 times in two seconds, at uneven times. */
function storm(): Stream {
  const s = new Stream();
  s.seen(1, 0, "/sbin/init");
  s.seen(1000, 1, "/opt/thing");
  for (let i = 0; i < 200; i++) s.wait(2000 + ((i * i * 7919) % 16_000)).run(1000, "/usr/libexec/answer", 1500);
  return s;
}

function kept(name: string, listening: ReadonlyMap<number, Listening> | null, accepted: number): string {
  const path = join(folder, name);
  const writer = new CaseWriter(path, true);
  for (const event of storm().events) writer.event(event);
  const facts = rest(folder, writer);
  facts.before.acceptedTcp = 1000;
  facts.after.acceptedTcp = 1000 + accepted;
  if (listening !== null) facts.run.listening = listening;
  expect(writer.finish(facts).problems).toEqual([]);
  return path;
}

async function kindsOf(path: string): Promise<string[]> {
  const progress = { show: () => undefined, clear: () => undefined };
  const { diagnosis } = await diagnoseCase({ version: "1", path, signal: new AbortController().signal, progress });
  return diagnosis.storms.map(({ kind }) => kind);
}

const LISTENING = new Map<number, Listening>([
  [
    1000,
    {
      sockets: [
        { protocol: "tcp", address: "[::]:99", port: 99 },
        { protocol: "unix", address: fromBytes(Buffer.from("/run/\xff\n", "latin1")), port: null },
      ],
      connections: 3,
      sameNetwork: true,
    },
  ],
  [7, { why: "/proc/7/fd: EACCES: permission denied" }],
]);

it("a case keeps who listened on what, and how many connections were accepted: its verdict is the live one", async () => {
  const path = kept("server", LISTENING, 210);
  expect(openCase(path).run?.listening).toStrictEqual(LISTENING);
  expect(await kindsOf(path)).toEqual(["connection-storm"]);
});

it("a case without that look, or with another count, says what it said before", async () => {
  for (const path of [kept("no-look", null, 210), kept("fewer", LISTENING, 20)])
    expect(await kindsOf(path)).not.toContain("connection-storm");
});

it("a case whose look was forged is damaged there, and nothing more", () => {
  const path = kept("forged", LISTENING, 210);
  forge(path, "run.json", '{"listening":[[1,{"sockets":"all"}]]}');
  expect(openCase(path).damaged.map(({ name }) => name)).toEqual(["run.json"]);
});
