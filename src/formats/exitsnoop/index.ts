import { sniffTable } from "../snoop/log.ts";
import type { StreamFormat } from "../types.ts";
import { columnsOf, ExitsnoopReader } from "./reader.ts";

/** What exitsnoop(8) of bcc prints, and that of libbpf-tools, with any of their options. */
export const exitsnoopFormat: StreamFormat = {
  id: "exitsnoop",
  sniff: (head) => sniffTable(head, columnsOf),
  open: (sinkOf) => new ExitsnoopReader(sinkOf),
};
