// A terminal of one screen for tests: enough of ANSI to show what a person would see after the editor's output.

export class Terminal {
  rows: string[][] = [[]];
  row = 0;
  column = 0;
  bells = 0;
  private escape = "";
  private utf8: number[] = [];

  write(bytes: Iterable<number>): void {
    for (const byte of bytes) this.byte(byte);
  }

  /** The row of the cursor without trailing blanks. */
  get line(): string {
    return (this.rows[this.row] ?? []).join("").trimEnd();
  }

  private byte(byte: number): void {
    if (this.escape !== "") this.escaped(String.fromCharCode(byte));
    else if (byte === 0x1b) this.escape = "\x1b";
    else if (byte === 0x0d) this.column = 0;
    else if (byte === 0x0a) this.lineFeed();
    else if (byte === 0x07) this.bells++;
    else this.text(byte);
  }

  private lineFeed(): void {
    this.row++;
    this.rows[this.row] ??= [];
  }

  private text(byte: number): void {
    this.utf8.push(byte);
    const lead = this.utf8[0]!;
    const wanted = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (this.utf8.length < wanted) return;
    const row = this.rows[this.row]!;
    while (row.length < this.column) row.push(" ");
    row[this.column++] = Buffer.from(this.utf8).toString("utf8");
    this.utf8 = [];
  }

  private escaped(character: string): void {
    this.escape += character;
    if (character === "[" || !/[A-Za-z]/.test(character)) return;
    const count = Number.parseInt(this.escape.slice(2), 10);
    this.escape = "";
    if (character === "K") this.rows[this.row]!.length = Math.min(this.rows[this.row]!.length, this.column);
    else if (character === "C") this.column += count;
    else if (character === "D") this.column -= count;
    else if (character === "J") this.rows = [[]];
    else if (character === "H") {
      this.row = 0;
      this.column = 0;
    } else throw new Error(`the editor sent an unexpected escape sequence ending in ${character}`);
  }
}
