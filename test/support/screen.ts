import stringWidth from "string-width";

/** A terminal that knows what `Frames` writes: goto, erase to the end of the line, clear, colours. */
export class Screen {
  readonly #cells: (string[] | undefined)[] = [];
  #row = 0;
  #column = 0;
  bytes = 0;

  readonly write = (text: string): void => {
    this.bytes += Buffer.byteLength(text);
    for (const [token] of text.matchAll(/\u001b\[[0-9;]*[A-Za-z]|[\s\S]/gu)) this.#take(token);
  };

  lines(): string[] {
    return Array.from(this.#cells, (cells) =>
      Array.from(cells ?? [], (cell) => cell ?? " ")
        .join("")
        .trimEnd(),
    );
  }

  #take(token: string): void {
    const control = /^\u001b\[([0-9;]*)([A-Za-z])$/.exec(token);
    if (control === null) return this.#print(token);
    const [, parameters = "", command] = control;
    if (command === "H") {
      const [row = 1, column = 1] = parameters === "" ? [] : parameters.split(";").map(Number);
      [this.#row, this.#column] = [row - 1, column - 1];
    } else if (command === "K") this.#line().splice(this.#column);
    else if (command === "J") this.#cells.length = 0;
    else if (command !== "m") throw new Error(`unexpected ${JSON.stringify(token)}`);
  }

  #print(character: string): void {
    const width = stringWidth(character);
    if (width === 0) {
      // A mark joins the cell before it.
      this.#line()[this.#column - 1] += character;
      return;
    }
    this.#line()[this.#column] = character;
    if (width === 2) this.#line()[this.#column + 1] = "";
    this.#column += width;
  }

  #line(): string[] {
    return (this.#cells[this.#row] ??= []);
  }
}
