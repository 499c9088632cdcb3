import pc from "picocolors";
import type { Diagnosis } from "../diagnosis/result.ts";
import type { Voice } from "./text/voice.ts";

export type Paint = ReturnType<typeof pc.createColors>;

/** How a report is written: in which words, and the room there is. */
export interface Sheet {
  voice: Voice;
  /** Columns of the terminal. */
  columns: number;
  /** Colours, or functions that do nothing. Colour repeats what the words say. */
  paint: Paint;
}

/** What every part of the report on a diagnosis gets: what to say, and how. */
export interface Screen extends Sheet {
  diagnosis: Diagnosis;
}

export interface TerminalOptions {
  /** Columns of the terminal; fewer than 40 count as 40. */
  columns: number;
  colour: boolean;
  lang: Voice["language"];
  /** All storms, reasons, evidence, the host, unreadable records. */
  verbose: boolean;
  /** False: ASCII signs, and characters outside ASCII in names as visible escapes. */
  unicode: boolean;
}

export function openScreen(diagnosis: Diagnosis, options: TerminalOptions): Screen {
  return { diagnosis, ...openSheet(options) };
}

export function openSheet(options: TerminalOptions): Sheet {
  const columns = Math.max(40, Math.floor(options.columns) || 80);
  return {
    columns,
    paint: pc.createColors(options.colour),
    voice: {
      language: options.lang,
      unicode: options.unicode,
      // A hostile name of 4,096 bytes must not push the verdict off the screen.
      nameLimit: options.verbose ? 400 : Math.max(24, Math.floor(columns * 0.45)),
    },
  };
}
