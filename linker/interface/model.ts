// What an interface file (services/<name>/interface.ts) says, parsed: the model between parse.ts and the emitters.
// Invariant: a method's arguments take at most six words and its result at most five; one capability goes each way.

/** Types of arguments. `bytes` and `string` travel through the shared buffer, one packed word each; a `capability` is offered with the call. */
export const ARGUMENT_TYPES = ["u32", "i32", "u64", "i64", "bool", "bytes", "string", "capability"] as const;
export type ArgumentType = (typeof ARGUMENT_TYPES)[number];

/** Types of a single answer and of the fields of an answer with several. */
export const SCALAR_TYPES = ["u32", "i32", "u64", "i64", "bool"] as const;
export type ScalarType = (typeof SCALAR_TYPES)[number];

export interface Argument {
  readonly name: string;
  readonly type: ArgumentType;
}

export interface Field {
  readonly name: string;
  readonly type: ScalarType;
}

export type Result =
  | { readonly kind: "scalar"; readonly type: ScalarType }
  | { readonly kind: "bytes" }
  /** The method offers one with its reply; the client's answer is its own handle. */
  | { readonly kind: "capability" }
  | { readonly kind: "fields"; readonly fields: readonly Field[] };

export interface Method {
  readonly name: string;
  /** The method's place in the interface, from 1: new methods go at the end. */
  readonly number: number;
  readonly documentation: string;
  /** Place, in the interface's rights, of the right that a resource must carry (`@right NAME`); undefined: no resource's method. */
  readonly right: number | undefined;
  readonly arguments: readonly Argument[];
  readonly result: Result;
}

export interface Constant {
  readonly name: string;
  readonly type: ScalarType;
  /** The literal as written. */
  readonly value: string;
  readonly documentation: string;
}

export interface Interface {
  readonly name: string;
  readonly file: string;
  readonly documentation: string;
  readonly methods: readonly Method[];
  /** Names of the rights of its resources, in the order in which methods ask for them first. */
  readonly rights: readonly string[];
  readonly constants: readonly Constant[];
}

/** A fault in an interface file: `file:line: what is wrong and what to write instead`. */
export class InterfaceError extends Error {
  constructor(
    readonly file: string,
    readonly line: number,
    message: string,
  ) {
    super(`${file}:${line}: ${message}`);
    this.name = "InterfaceError";
  }
}
