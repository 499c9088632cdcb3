import type { Target } from "../behave/result.ts";
import { programFacts } from "../capture/calls/abi.ts";
import { isNamed, livingNamed, livingProcess } from "../capture/calls/living.ts";
import type { ProbedProgram } from "../capture/calls/imports.ts";
import type { Scope } from "../capture/calls/scope.ts";
import type { Storm } from "../diagnosis/result.ts";
import type { Untrusted } from "../model/text.ts";
import { Failure } from "./failure.ts";

/** What to look at, and how to catch it. */
export interface Aim {
  target: Target;
  scope: Scope;
  /** Task name → file of the processes that belong to it wherever they turn up. */
  names: Map<Untrusted, Untrusted | null>;
  /** The programs whose library calls are wanted: the target's own, and the one that spawns it. */
  programs: ProbedProgram[];
}

/** A process named on the command line. Throws `Failure` when it cannot be looked at. */
export function aimAtProcess(pid: number): Aim {
  const process = livingProcess(pid);
  if (process === null)
    throw new Failure(
      `there is no process ${pid}`,
      "members of a storm are dead within moments: `whoforks behave` without a number looks at the worst storm",
    );
  if (process.kernelThread) throw new Failure(`process ${pid} is a kernel thread: it makes no system calls`);
  const elf = programFacts(`/proc/${pid}/exe`, `/proc/${pid}/root`);
  return {
    target: {
      pid,
      storm: null,
      program: { exe: process.exe, comm: process.comm, root: `/proc/${pid}/root` },
      abi: elf === null ? null : { machine: elf.machine, bits: elf.bits },
    },
    scope: { seeds: [pid], net: false },
    names: new Map(),
    programs: [{ path: `/proc/${pid}/exe`, root: `/proc/${pid}/root`, pid }],
  };
}

/**
 * A storm. Where its spawner lives, that and its descendants; where each member makes the next one, whoever is born:
 * a member is dead before its number could be handed to the kernel.
 */
export function aimAtStorm(storm: Storm): Aim {
  const { program, spawner } = storm;
  const root = program.root === "/" ? "" : program.root;
  const elf = program.exe === null ? null : programFacts(root + program.exe, root);
  const copying = storm.kind === "self-replicating-chain" || storm.kind === "fork-bomb";
  const seeds = copying || spawner === null || !isNamed(spawner.pid, spawner.comm) ? [] : [spawner.pid];
  return {
    target: {
      pid: null,
      storm: { id: storm.id, kind: storm.kind, perSecond: storm.perSecond, benign: storm.benign },
      program,
      abi: elf === null ? storm.abi : { machine: elf.machine, bits: elf.bits },
    },
    scope: { seeds: seeds.length > 0 ? seeds : livingNamed(program.comm), net: seeds.length === 0 },
    names: new Map([[program.comm, program.exe]]),
    programs: [
      ...(program.exe === null ? [] : [{ path: root + program.exe, root, pid: null }]),
      ...seeds.map((pid) => ({ path: `/proc/${pid}/exe`, root: `/proc/${pid}/root`, pid })),
    ],
  };
}
