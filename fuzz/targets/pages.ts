import { parseHeaderPage } from "../../src/ftrace/header-page.ts";
import { readPage } from "../../src/ftrace/page.ts";
import { HEADER_PAGE } from "../../test/support/trace-files.ts";
import { must } from "../must.ts";

const layout = parseHeaderPage(HEADER_PAGE);
if (layout === null) throw new Error("the layout of a page is not understood");

/** One ring-buffer page: every record lies within it, none is told twice, and it ends. */
export function fuzz(data: Uint8Array): void {
  let end = 0;
  let records = 0;
  const page = Uint8Array.from(data);
  const reading = readPage(
    page,
    layout as NonNullable<typeof layout>,
    { high: 0, low: 0 },
    {
      record(view, at, length) {
        must(at >= end, "records overlap");
        must(length >= 0 && at + length <= view.byteLength, "a record reaches out of the page");
        end = at + length;
        records++;
      },
    },
  );
  must(reading.records === records, "records are counted wrongly");
  must(reading.end <= page.length, "the reader went beyond the page");
  must(reading.lost >= 0, "a loss below zero");
}
