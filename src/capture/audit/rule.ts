import { fromBytes, toBytes } from "../../model/text.ts";
import type { HostRule } from "./control.ts";
import { processCallNumbers } from "./process-calls.ts";

/**
 * struct audit_rule_data (include/uapi/linux/audit.h), what AUDIT_ADD_RULE, AUDIT_DEL_RULE and AUDIT_LIST_RULES carry:
 *
 *       0  u32 flags (the list), u32 action, u32 field_count
 *      12  u32 mask[64]        a bit for each system call number
 *     268  u32 fields[64], u32 values[64], u32 fieldflags[64]
 *    1036  u32 buflen, then the text of the fields that have one; their value is its length
 */
const MASK = 12;
const FIELDS = 268;
const VALUES = 524;
const OPERATORS = 780;
const BUFFER_LENGTH = 1036;
const BUFFER = 1040;
const MOST_FIELDS = 64;

/** AUDIT_FILTER_*: which list a rule is in. */
export const List = { task: 1, exit: 4, exclude: 5 } as const;
/** AUDIT_NEVER, AUDIT_ALWAYS. */
export const Action = { never: 0, always: 2 } as const;
const ARCH = 11;
const KEY = 210;
/** Fields whose value is the length of a text in the buffer: subj_* 13-17, obj_* 19-23, watch, dir, exe, key. */
const WITH_TEXT = new Set([13, 14, 15, 16, 17, 19, 20, 21, 22, 23, 105, 107, 112, KEY]);
const EQUAL = 0x4000_0000;

/** `always,exit` for these system calls of one ABI (`arch`: AUDIT_ARCH_*), with a key. */
export function processRule(arch: number, calls: readonly number[], key: string): Uint8Array {
  const text = toBytes(key);
  const bytes = new Uint8Array(BUFFER + text.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, List.exit, true);
  view.setUint32(4, Action.always, true);
  view.setUint32(8, 2, true);
  for (const call of calls) {
    const at = MASK + 4 * (call >>> 5);
    view.setUint32(at, view.getUint32(at, true) | (1 << (call & 31)), true);
  }
  const field = (index: number, type: number, value: number): void => {
    view.setUint32(FIELDS + 4 * index, type, true);
    view.setUint32(VALUES + 4 * index, value, true);
    view.setUint32(OPERATORS + 4 * index, EQUAL, true);
  };
  field(0, ARCH, arch);
  field(1, KEY, text.length);
  view.setUint32(BUFFER_LENGTH, text.length, true);
  bytes.set(text, BUFFER);
  return bytes;
}

/** Reads a rule as the kernel lists it; null when it is too short for one. Never throws. */
export function parseRule(payload: Uint8Array): HostRule | null {
  if (payload.length < BUFFER) return null;
  const raw = Uint8Array.from(payload);
  const view = new DataView(raw.buffer);
  const count = Math.min(view.getUint32(8, true), MOST_FIELDS);
  let key: string | null = null;
  let at = BUFFER;
  for (let index = 0; index < count; index++) {
    const type = view.getUint32(FIELDS + 4 * index, true);
    if (!WITH_TEXT.has(type)) continue;
    const length = view.getUint32(VALUES + 4 * index, true);
    if (type === KEY) key = fromBytes(raw.subarray(at, at + length));
    at += length;
  }
  return {
    list: view.getUint32(0, true),
    action: view.getUint32(4, true),
    processCalls: [...processCallNumbers()].some(
      (call) => (view.getUint32(MASK + 4 * (call >>> 5), true) & (1 << (call & 31))) !== 0,
    ),
    key,
    raw,
  };
}
