import { sniffTable } from "../snoop/log.ts";
import type { StreamFormat } from "../types.ts";
import { columnsOf, ExecsnoopReader } from "./reader.ts";

/** What execsnoop(8) of bcc prints, and that of libbpf-tools, with any of their options. */
export const execsnoopFormat: StreamFormat = {
  id: "execsnoop",
  sniff: (head) => sniffTable(head, columnsOf),
  open: (sinkOf) => new ExecsnoopReader(sinkOf),
};
