import fc from "fast-check";
import { expect, test } from "vitest";
import type { Diagnosis, Storm } from "../../../src/diagnosis/result.ts";
import { terminalReport, type TerminalOptions } from "../../../src/report/terminal.ts";
import { hostile, OBEYED } from "./hostile.ts";
import { healthy, theCase } from "./samples/index.ts";

const PLAIN: TerminalOptions = { columns: 100, colour: false, lang: "en", verbose: false, unicode: true };
const ID = "3f2a1b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708";
const flat = (diagnosis: Diagnosis, options: Partial<TerminalOptions> = {}): string =>
  terminalReport(diagnosis, { ...PLAIN, ...options }).replace(/\s+/g, " ");

function inContainer(container: Storm["container"]): Diagnosis {
  const [first, ...rest] = theCase.storms as [Storm, ...Storm[]];
  const cgroup = `/docker/${ID}`;
  const storm = { ...first, container: container ?? null, cgroup, unit: null };
  return { ...theCase, storms: [storm, { ...storm, id: "storm-9" }, ...rest] };
}

const HIDDEN: NonNullable<Diagnosis["hidden"]>[number] = {
  pid: 4711,
  startedAt: "2026-11-24T21:03:12.340Z",
  comm: "kworkerd",
  exe: "/tmp/.x/kworkerd",
  seenBy: ["cgroup", "own-proc"],
  missingFrom: ["listing"],
};
const LOOK: NonNullable<Diagnosis["hiddenLook"]> = {
  rounds: 3,
  seconds: 0.3,
  witnesses: [
    { witness: "cgroup", told: 120, why: null },
    { witness: "own-proc", told: 0, why: "fsopen: errno 38" },
  ],
  preloaded: ["/lib/x.so"],
};

test("a storm in a container says which, with the short id, also where it is one of several", () => {
  const screen = flat(inContainer({ runtime: "docker", id: ID, name: null }));
  expect(screen).toContain("where in a container of docker: 3f2a1b4c5d6e ");
  expect(screen).toMatch(/also .*\/usr\/bin\/atd \[docker 3f2a1b4c5d6e\]/);
  expect(screen).not.toContain("cgroup /docker");
  expect(flat(inContainer({ runtime: "docker", id: ID, name: null }), { verbose: true })).toContain("cgroup /docker");
});

test("a pod, and a namespace without a runtime", () => {
  const pod = { uid: "d3b07384-d9a0-4c1e-8f6b-2a1c3e5d7f90", qos: "burstable" as const };
  expect(flat(inContainer({ runtime: "containerd", id: ID, name: null, pod }))).toContain(
    "of containerd: 3f2a1b4c5d6e, pod d3b07384-d9a0-4c1e-8f6b-2a1c3e5d7f90 (burstable)",
  );
  expect(flat(inContainer({ runtime: "namespaces", id: "pid:[4026532201]", name: null }))).toContain(
    "in a PID namespace of its own: pid:[4026532201]",
  );
});

test("hidden processes are on the screen of a healthy host, how they were looked for only with -v", () => {
  const found = { ...healthy, hidden: [HIDDEN], hiddenLook: LOOK };
  expect(flat(found)).toContain(
    "hidden kworkerd (pid 4711) /tmp/.x/kworkerd, since 2026-11-24 21:03:12 UTC, lives and is hidden: seen by cgroup.procs, a procfs of its own; missing from the list of /proc",
  );
  expect(flat(found)).not.toContain("looked 3 times");
  const none = { ...healthy, hidden: [], hiddenLook: LOOK };
  expect(flat(none)).toBe(flat(healthy));
  expect(flat(none, { verbose: true })).toMatch(
    /looked 3 times in 0\.3 s .* 0 found · cgroup\.procs 120 · a procfs of its own 0 \(fsopen: errno 38\) · loaded into every program: \/lib\/x\.so/,
  );
});

test("no name of a container or a hidden process moves the cursor", () => {
  fc.assert(
    fc.property(hostile, fc.constantFrom("en" as const, "zh-CN" as const), fc.boolean(), (text, lang, verbose) => {
      const storms = inContainer({ runtime: "lxc", id: text, name: text }).storms.map((storm) => ({
        ...storm,
        cgroup: text,
        unit: { unit: text, slice: text, user: 1, session: text },
      }));
      const hidden = [{ ...HIDDEN, comm: text, exe: text }];
      const screen = terminalReport(
        { ...theCase, storms, hidden, hiddenLook: { ...LOOK, preloaded: [text] } },
        { ...PLAIN, lang, verbose },
      );
      expect(screen.replaceAll("\n", "")).not.toMatch(OBEYED);
    }),
    { numRuns: 60 },
  );
});
