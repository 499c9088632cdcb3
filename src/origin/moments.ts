/** A time that matters, milliseconds since 1970. */
export interface Moment {
  what: "birth" | "change" | "modification";
  ms: number;
}

/** The times around which things are looked for. */
export class Moments {
  readonly all: readonly Moment[];
  readonly around: number;

  /** @param around milliseconds before and after each that still count as near */
  constructor(all: readonly Moment[], around: number) {
    this.all = all;
    this.around = around;
  }

  /** When the file came to this place as far as its own times tell: its birth, else the change of its inode. */
  get arrival(): Moment | null {
    return this.all.find(({ what }) => what === "birth") ?? this.all.find(({ what }) => what === "change") ?? null;
  }

  /** Whether a time is near one of them. */
  near(ms: number): boolean {
    return this.all.some((moment) => Math.abs(moment.ms - ms) <= this.around);
  }

  /** Whether a stretch of time comes near one of them. `to` is null while it lasts. */
  touches(from: number, to: number | null): boolean {
    return this.all.some(({ ms }) => from <= ms + this.around && (to ?? Number.POSITIVE_INFINITY) >= ms - this.around);
  }
}
