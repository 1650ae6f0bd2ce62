// The one error type of the build: a sentence for the person who runs it, without a stack trace.
// Thrown everywhere in linker/, caught by the command-line tool. Details hold a tool's own output.

export class BuildError extends Error {
  readonly details: string;

  constructor(message: string, details = "") {
    super(message);
    this.name = "BuildError";
    this.details = details;
  }
}
