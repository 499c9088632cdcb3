import { auditArch } from "../../../syscalls/abi.ts";
import { fromLatin1 } from "../../text/latin1.ts";
import { readArguments } from "./call-arguments.ts";
import type { CallNames } from "./calls.ts";
import type { AuditRecord, Value } from "./event.ts";
import { kindOf } from "./field-kinds.ts";
import { readValue } from "./field-value.ts";
import type { Names } from "./names.ts";
import { readBody, type RawField } from "./raw-fields.ts";

/** What is needed to understand records. */
export interface Reading {
  names: Names;
  calls: CallNames;
}

const X32_BIT = 0x40000000;

/** Reads the body of one record, in Latin-1. Names of users stand in the enriched tail, if there is one; else in `reading.names`. */
export function readRecord(type: string, body: string, reading: Reading): AuditRecord {
  const { fields, words, tail } = readBody(body);
  const named = withOwnNames(fields);
  const read = understood(type, named, tail, reading.names);
  if (type === "SYSCALL" || type === "SECCOMP") Object.assign(read, callOf(fields, tail, reading));
  const text = words.join(" ");
  return { type, raw: written(named), fields: read, text: text === "" ? null : fromLatin1(text) };
}

interface NamedField {
  name: string;
  field: RawField;
}

const NO_TAIL: ReadonlyMap<string, string> = new Map();

function understood(
  type: string,
  fields: readonly NamedField[],
  tail: ReadonlyMap<string, string>,
  names: Names,
): Record<string, Value> {
  const into: Record<string, Value> = {};
  for (const { name, field } of fields) {
    const { nested } = field;
    put(into, name, nested === null ? valueOf(type, field, tail, names) : inside(type, nested, names));
  }
  return into;
}

function inside(type: string, nested: readonly RawField[], names: Names): Value {
  return understood(type, withOwnNames(nested), NO_TAIL, names);
}

function written(fields: readonly NamedField[]): Record<string, Value> {
  const into: Record<string, Value> = {};
  for (const { name, field } of fields) {
    const { nested } = field;
    put(into, name, nested === null ? fromLatin1(field.raw) : written(withOwnNames(nested)));
  }
  return into;
}

/** A log may name a field `__proto__`: it is a field like the others. */
function put(into: Record<string, Value>, name: string, value: Value): void {
  if (name !== "__proto__") into[name] = value;
  else Object.defineProperty(into, name, { value, enumerable: true, configurable: true, writable: true });
}

function valueOf(type: string, field: RawField, tail: ReadonlyMap<string, string>, names: Names): Value {
  const kind = kindOf(type, field.name);
  const value = readValue(kind, field.raw, names);
  if ((kind === "uid" || kind === "gid") && typeof value === "number" && tail.size > 0) {
    // What the logging host called it; `unknown(64711)` says that it did not know either.
    const told = tail.get(field.name.toUpperCase());
    if (told !== undefined && told !== "" && !told.startsWith("unknown(")) return fromLatin1(told);
  }
  return value;
}

/** The machine, the call by its name, its result, and what its arguments mean. */
function callOf(
  fields: readonly RawField[],
  tail: ReadonlyMap<string, string>,
  { names, calls }: Reading,
): Record<string, Value> {
  const text = (name: string): string | null => fields.find((field) => field.name === name)?.raw ?? null;
  const into: Record<string, Value> = {};
  const arch = text("arch");
  const number = Number(text("syscall") ?? Number.NaN);
  let call: string | null = null;
  if (arch !== null && /^[0-9a-f]{1,8}$/.test(arch) && Number.isInteger(number)) {
    const { machine } = auditArch(Number.parseInt(arch, 16)).abi;
    const isX32 = number >= X32_BIT && machine === "x86_64";
    if (isX32) into["arch"] = "x32";
    call = calls(isX32 ? "x32" : machine)(isX32 ? number - X32_BIT : number);
    const told = tail.get("SYSCALL");
    if (call === null && told !== undefined && /^[a-z_][a-z0-9_]*$/.test(told)) call = told;
    if (call !== null) into["syscall"] = call;
  }
  Object.assign(
    into,
    readArguments(
      call ?? "",
      ["a0", "a1", "a2", "a3"].map((name) => text(name)),
      names,
    ),
  );
  const exit = text("exit");
  // A call that succeeded may return a negative number, which is no error then.
  if (exit !== null && /^-\d{1,15}$/.test(exit) && text("success") === "yes") into["exit"] = Number(exit);
  return into;
}

/** Fields with names of their own: of several with one name the later ones get `#2`, `#3`, so that none hides another. */
function withOwnNames(fields: readonly RawField[]): NamedField[] {
  const seen = new Map<string, number>();
  return fields.map((field) => {
    const count = (seen.get(field.name) ?? 0) + 1;
    seen.set(field.name, count);
    return { name: fromLatin1(count === 1 ? field.name : `${field.name}#${count}`), field };
  });
}
