import type { Untrusted } from "../../model/text.ts";
import { parseExec, type ExecCommand } from "./command.ts";
import type { Assignment } from "./file.ts";
import { addEnds, type EndList } from "../end-rules.ts";
import { expandSpecifiers } from "./names.ts";
import { addProblem } from "../files/read-config.ts";
import { parseSpan } from "./time.ts";
import type { Job, Problem } from "../types.ts";

/** Defaults of the manager, from system.conf and its drop-ins. Seconds; a `limit` of null is switched off. */
export interface ManagerDefaults {
  startLimitSeconds: number;
  startLimitBurst: number;
  restartSeconds: number;
}

/** Compiled-in defaults, systemd-system.conf(5). */
export const COMPILED_DEFAULTS: ManagerDefaults = { startLimitSeconds: 10, startLimitBurst: 5, restartSeconds: 0.1 };

/** An effective setting and the assignment that made it. */
interface Setting<T> {
  value: T;
  from: Assignment;
}

/** What the files of one service amount to. */
export interface Service {
  exec: { command: ExecCommand; from: Assignment; text: Untrusted }[];
  restart: Setting<string> | null;
  /** SuccessExitStatus=, RestartPreventExitStatus=, RestartForceExitStatus=. */
  success: EndList | undefined;
  prevent: EndList | undefined;
  force: EndList | undefined;
  /** A time after which systemd ends it. */
  isTimed: boolean;
  restartSeconds: number;
  startLimitSeconds: number;
  startLimitBurst: number;
  type: string;
  searchPath: Untrusted[];
  rootDirectory: Untrusted | null;
  settings: NonNullable<Job["settings"]>;
  /** Why systemd would refuse to start it, or null. */
  refused: string | null;
}

const RESTART_VALUES: ReadonlySet<string> = new Set([
  "no",
  "always",
  "on-success",
  "on-failure",
  "on-abnormal",
  "on-abort",
  "on-watchdog",
]);
const TYPES: ReadonlySet<string> = new Set([
  "simple",
  "exec",
  "forking",
  "oneshot",
  "dbus",
  "notify",
  "notify-reload",
  "idle",
]);
const MAX_LIST = 4_096;
/** Most commands kept of one service; a real one has a handful. */
const MAX_COMMANDS = 100;
const KILL_MODES: ReadonlySet<string> = new Set(["control-group", "process", "mixed", "none"]);

/**
 * Reduces the assignments of a unit file and its drop-ins, in order. Values that systemd ignores with a warning are
 * ignored and become problems; an empty Exec…= clears what came before.
 */
export function reduceService(
  unit: Untrusted,
  assignments: readonly Assignment[],
  defaults: ManagerDefaults,
  problems: Problem[],
  specifiers: Readonly<Record<string, Untrusted>> = {},
): Service {
  const service: Service = {
    exec: [],
    restart: null,
    success: undefined,
    prevent: undefined,
    force: undefined,
    isTimed: false,
    restartSeconds: defaults.restartSeconds,
    startLimitSeconds: defaults.startLimitSeconds,
    startLimitBurst: defaults.startLimitBurst,
    type: "",
    searchPath: [],
    rootDirectory: null,
    settings: {},
    refused: null,
  };
  let busName = false;
  const ignore = (from: Assignment): void =>
    addProblem(problems, from.file, from.line, `${from.key}= has a value that systemd ignores`);
  for (const from of assignments) {
    const { value } = from;
    switch (`${from.section}.${from.key}`) {
      case "Service.ExecStart":
        if (value === "") service.exec = [];
        else addExec(service, (text) => expandSpecifiers(text, unit, specifiers), from, problems);
        break;
      case "Service.Restart":
        if (RESTART_VALUES.has(value)) service.restart = { value, from };
        else ignore(from);
        break;
      case "Service.SuccessExitStatus":
        service.success = addEnds(service.success, from, () => ignore(from));
        break;
      case "Service.RestartPreventExitStatus":
        service.prevent = addEnds(service.prevent, from, () => ignore(from));
        break;
      case "Service.RestartForceExitStatus":
        service.force = addEnds(service.force, from, () => ignore(from));
        break;
      case "Service.RuntimeMaxSec":
      case "Service.WatchdogSec":
      case "Service.TimeoutSec":
      case "Service.TimeoutStartSec":
        if (value !== "" && value !== "infinity" && parseSpan(value) !== 0) service.isTimed = true;
        break;
      case "Service.RestartSec":
        service.restartSeconds = seconds(value, () => ignore(from)) ?? service.restartSeconds;
        break;
      case "Unit.StartLimitIntervalSec":
      case "Unit.StartLimitInterval":
      case "Service.StartLimitInterval":
        service.startLimitSeconds = seconds(value, () => ignore(from)) ?? service.startLimitSeconds;
        break;
      case "Unit.StartLimitBurst":
      case "Service.StartLimitBurst":
        if (/^\+?\d{1,9}$/.test(value)) service.startLimitBurst = Number(value);
        else ignore(from);
        break;
      case "Service.Type":
        if (TYPES.has(value)) service.type = value;
        else ignore(from);
        break;
      case "Service.BusName":
        busName = value !== "";
        break;
      case "Service.KillMode":
        if (value === "") delete service.settings.KillMode;
        else if (KILL_MODES.has(value)) service.settings.KillMode = value;
        else ignore(from);
        break;
      case "Service.PIDFile":
        setOrClear(service.settings, "PIDFile", value);
        break;
      case "Service.User":
        setOrClear(service.settings, "User", value);
        break;
      case "Service.Environment":
        setOrClear(service.settings, "Environment", value === "" ? "" : append(service.settings.Environment, value));
        break;
      case "Service.ExecSearchPath":
        if (value === "") service.searchPath = [];
        else service.searchPath.push(...value.split(":").filter((directory) => directory.startsWith("/")));
        break;
      case "Service.RootDirectory":
        service.rootDirectory = value === "" || value === "/" ? null : expandSpecifiers(value, unit, specifiers);
        break;
      default:
    }
  }
  if (service.type === "") service.type = busName ? "dbus" : service.exec.length > 0 ? "simple" : "oneshot";
  service.refused ??= whyRefused(service);
  return service;
}

/** The checks of `service_verify` (src/core/service.c) that concern starting again. */
function whyRefused(service: Service): string | null {
  const { value } = service.restart ?? { value: "no" };
  if (service.type !== "oneshot" && service.exec.length > 1)
    return "more than one ExecStart= without Type=oneshot: systemd refuses the unit";
  if (service.type === "oneshot" && (value === "always" || value === "on-success"))
    return `Restart=${value} with Type=oneshot: systemd refuses the unit`;
  return null;
}

function addExec(
  service: Service,
  expand: (text: Untrusted) => Untrusted,
  from: Assignment,
  problems: Problem[],
): void {
  const parsing = parseExec(from.value, expand);
  if ("refused" in parsing) {
    addProblem(problems, from.file, from.line, `ExecStart=: ${parsing.refused}`);
    if (parsing.fatal) service.refused = `ExecStart=: ${parsing.refused}`;
    return;
  }
  const room = Math.max(0, MAX_COMMANDS - service.exec.length);
  if (parsing.commands.length > room)
    addProblem(problems, from.file, from.line, `more than ${MAX_COMMANDS} commands: not read`);
  for (const command of parsing.commands.slice(0, room)) service.exec.push({ command, from, text: from.value });
}

/** A list setting goes on; what is longer than a screen helps nobody. */
function append(list: Untrusted | undefined, value: Untrusted): Untrusted {
  return list === undefined ? value : list.length > MAX_LIST ? list : `${list} ${value}`;
}

function seconds(value: Untrusted, ignore: () => void): number | null {
  const span = parseSpan(value);
  if (span === null) ignore();
  return span;
}

function setOrClear(
  settings: NonNullable<Job["settings"]>,
  key: keyof NonNullable<Job["settings"]>,
  value: Untrusted,
): void {
  if (value === "") delete settings[key];
  else settings[key] = value;
}

/** Defaults from the [Manager] section of system.conf and its drop-ins, read in order. */
export function managerDefaults(assignments: readonly Assignment[]): ManagerDefaults {
  const defaults = { ...COMPILED_DEFAULTS };
  for (const { section, key, value } of assignments) {
    if (section !== "Manager") continue;
    if (key === "DefaultStartLimitIntervalSec" || key === "DefaultStartLimitInterval")
      defaults.startLimitSeconds = parseSpan(value) ?? defaults.startLimitSeconds;
    else if (key === "DefaultStartLimitBurst" && /^\+?\d{1,9}$/.test(value)) defaults.startLimitBurst = Number(value);
    else if (key === "DefaultRestartSec") defaults.restartSeconds = parseSpan(value) ?? defaults.restartSeconds;
  }
  return defaults;
}
