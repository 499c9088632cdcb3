/** Something that could not be observed, why, and the command that would allow it (null: nothing would). */
export interface CouldNotLook {
  /** `couldnot.CODE` is the sentence for it in each language of the report. */
  code: string;
  what: string;
  why: string;
  remedy: string | null;
  /** Numbers that `why` gives in words, for sentences in other languages. */
  args?: Readonly<Record<string, number>>;
}
