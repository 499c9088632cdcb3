/** Where the parts of a ring-buffer page stand, from `events/header_page` (kernel/trace/ring_buffer.c ring_buffer_print_page_header). Bytes. */
export interface PageLayout {
  timestamp: number;
  commit: number;
  /** Size of a C `long` in the traced kernel: 8, or 4 on 32-bit machines. */
  longSize: number;
  data: number;
  /** Size of a page (sub-buffer): what one read of trace_pipe_raw gives. */
  pageSize: number;
}

/**
 * Reads `events/header_page`. Columns are parted by tabs or blanks, depending on the kernel:
 * `field: local_t commit;	offset:8;	size:8;	signed:1;`
 * Returns null when a needed field is missing or impossible.
 */
export function parseHeaderPage(text: string): PageLayout | null {
  const fields = new Map<string, { offset: number; size: number }>();
  for (const match of text.matchAll(/field:[^;]*?(\w+);\s*offset:(\d+);\s*size:(\d+);/g)) {
    fields.set(match[1] as string, { offset: Number(match[2]), size: Number(match[3]) });
  }
  const timestamp = fields.get("timestamp");
  const commit = fields.get("commit");
  const data = fields.get("data");
  if (timestamp === undefined || commit === undefined || data === undefined) return null;
  if (timestamp.size !== 8 || (commit.size !== 4 && commit.size !== 8)) return null;
  if (data.offset < timestamp.offset + 8 || data.offset < commit.offset + commit.size || data.size < 4) return null;
  return {
    timestamp: timestamp.offset,
    commit: commit.offset,
    longSize: commit.size,
    data: data.offset,
    pageSize: data.offset + data.size,
  };
}
