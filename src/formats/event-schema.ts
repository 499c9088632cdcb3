import { z } from "zod";
import type { AuditRecord, Missing } from "./audit/events/event.ts";

/**
 * One line that `whoforks events` prints, as a schema: checked in tests and exported to `schema/`. Text that is not valid UTF-8
 * appears as `{"bytes": "<base64>"}`.
 */
const bytes = z.object({ bytes: z.base64() });
const text = z.union([z.string(), bytes]);
const count = z.int().nonnegative();
const schema = z.literal("whoforks/events/1");
const value: z.ZodType = z.lazy(() =>
  z.union([z.string(), z.number(), z.null(), z.array(value), z.record(z.string(), value)]),
);
const fields = z.record(z.string(), value);
const missing = z.enum(["syscall", "arguments", "paths"] satisfies Missing[]);

const auditEvent = z.object({
  schema,
  format: z.literal("audit"),
  file: text,
  line: count,
  host: text.nullable(),
  time: z.string().regex(/^\d{4,6}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z?$/),
  serial: count,
  types: z.array(text),
  syscall: text.nullable(),
  arch: text.nullable(),
  success: z.boolean().nullable(),
  exit: z.union([z.number(), text]).nullable(),
  pid: z.int().nullable(),
  ppid: z.int().nullable(),
  comm: text.nullable(),
  exe: text.nullable(),
  keys: z.array(text),
  argv: z.array(text).nullable(),
  cwd: text.nullable(),
  late: z.boolean(),
  missing: z.array(missing),
  records: z.array(
    z.object({ type: text, raw: fields, fields, text: text.nullable() } satisfies Record<keyof AuditRecord, z.ZodType>),
  ),
});

const processEvent = z.object({
  schema,
  format: z.string().regex(/^[a-z][a-z0-9-]*$/),
  file: text,
  host: text.nullable(),
  seconds: z.number().nonnegative(),
  event: z.looseObject({ type: z.string() }),
});

export const events = z.union([auditEvent, processEvent]);
