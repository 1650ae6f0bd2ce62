// Parses services/<name>/interface.ts: constants and exactly one `export interface` of documented methods.
// The language is this small on purpose: what cannot be marshalled cannot be written. Called by generate.ts.
import {
  ARGUMENT_TYPES,
  type Argument,
  type Constant,
  type Field,
  type Interface,
  InterfaceError,
  type Method,
  type Result,
  SCALAR_TYPES,
} from "./model.ts";
import { type Token, tokenise } from "./tokens.ts";

const ARGUMENT_WORDS = 6;
const RESULT_WORDS = 5;
const RIGHTS = 16;
/** Methods that the kernel can check rights for: RESOURCE_METHODS of kernel/abi/rights.ts. */
const RESOURCE_METHODS = 32;
const RIGHT_MARK = /(?:^|\s)@right\s+(\w+)\s*$/;

/** Names that the generated code uses itself, or that AssemblyScript keeps for itself. */
const RESERVED = new Set(
  (
    "accepted answer attempt detached offered patience_ms endpoint buffer buffer_bytes connect place place_string reply_word startup " +
    "arguments break case class const constructor delete do else enum export extends for function if import in instanceof interface " +
    "let load new return static store super switch this throw try typeof var void while with yield"
  ).split(" "),
);

export function parseInterface(file: string, text: string): Interface {
  return new Parser(file, tokenise(file, text)).interface();
}

class Parser {
  private at = 0;
  private readonly rights: string[] = [];

  constructor(
    private readonly file: string,
    private readonly tokens: readonly Token[],
  ) {}

  interface(): Interface {
    const constants: Constant[] = [];
    let found: Omit<Interface, "constants"> | undefined;
    while (this.peek().kind !== "end") {
      const documentation = this.peek().documentation;
      this.expect("export");
      const word = this.take();
      if (word.text === "const") {
        const constant = this.constant(documentation);
        if (constants.some((other) => other.name === constant.name)) {
          this.fail(word, `constant ${constant.name} is declared twice`);
        }
        constants.push(constant);
      } else if (word.text === "interface") {
        if (found !== undefined)
          this.fail(word, "a second interface; each service has one, give it a folder of its own");
        found = this.body(documentation);
      } else {
        this.fail(word, `expected \`const\` or \`interface\` after \`export\`, found \`${word.text}\``);
      }
    }
    if (found === undefined) this.fail(this.peek(), "no `export interface Name { … }` in this file");
    return { ...found, constants };
  }

  private constant(documentation: string): Constant {
    const name = this.name("a constant's name").text;
    this.expect(":");
    const type = this.oneOf(SCALAR_TYPES, "a constant's type");
    this.expect("=");
    const value = this.take();
    if (value.kind !== "number")
      this.fail(value, `constant ${name} must be an integer literal, found \`${value.text}\``);
    this.expect(";");
    return { name, type, value: value.text, documentation };
  }

  private body(documentation: string): Omit<Interface, "constants"> {
    const name = this.name("the interface's name").text;
    this.expect("{");
    const methods: Method[] = [];
    while (this.peek().text !== "}") {
      const token = this.peek();
      const method = this.method(methods.length + 1);
      if (methods.some((other) => other.name === method.name)) {
        this.fail(token, `method ${method.name} is declared twice`);
      }
      methods.push(method);
    }
    this.expect("}");
    for (const { result } of methods) {
      const clash = (result.kind === "fields" ? result.fields : []).find(({ name: field }) =>
        methods.some((method) => method.name === field),
      );
      if (clash !== undefined)
        this.fail(this.peek(), `result ${clash.name} has the name of a method; both are members of the client`);
    }
    return { name, file: this.file, documentation, methods, rights: this.rights };
  }

  private method(number: number): Method {
    const token = this.name("a method's name");
    if (token.documentation === "")
      this.fail(token, `method ${token.text} has no /** comment */ that says what it does`);
    this.expect("(");
    const list: Argument[] = [];
    while (this.peek().text !== ")") {
      const argument = this.name("an argument's name");
      if (list.some((other) => other.name === argument.text)) {
        this.fail(argument, `argument ${argument.text} is declared twice`);
      }
      this.expect(":");
      list.push({ name: argument.text, type: this.oneOf(ARGUMENT_TYPES, "an argument's type") });
      if (this.peek().text !== ")") this.expect(",");
    }
    if (list.length > ARGUMENT_WORDS) {
      this.fail(
        token,
        `method ${token.text} has ${list.length} arguments; a call carries ${ARGUMENT_WORDS}: put the rest into bytes`,
      );
    }
    if (list.filter(({ type }) => type === "capability").length > 1)
      this.fail(token, `method ${token.text} takes several capabilities; one goes along with a call`);
    this.expect(")");
    this.expect(":");
    const result = this.result(token);
    this.expect(";");
    const documentation = token.documentation.replace(RIGHT_MARK, "").trim();
    return {
      name: token.text,
      number,
      documentation,
      right: this.right(token, number, list, result),
      arguments: list,
      result,
    };
  }

  /** `@right NAME` at the end of a method's comment: its callers hold a resource with that right. */
  private right(method: Token, number: number, list: readonly Argument[], result: Result): number | undefined {
    const name = RIGHT_MARK.exec(method.documentation)?.[1];
    if (name === undefined) return undefined;
    if (!/^[A-Z][A-Z0-9_]*$/.test(name)) this.fail(method, `\`${name}\` is not a right's name: capital letters`);
    if (number >= RESOURCE_METHODS) {
      this.fail(
        method,
        `method ${method.text} is number ${number}; the kernel checks rights below ${RESOURCE_METHODS}`,
      );
    }
    const needsMore = ["bytes", "string", "capability"];
    if (needsMore.includes(result.kind) || list.some(({ type }) => needsMore.includes(type))) {
      this.fail(
        method,
        `method ${method.text} asks for a right; a resource's holder has no buffer here and can offer nothing: pass words`,
      );
    }
    if (!this.rights.includes(name)) this.rights.push(name);
    if (this.rights.length > RIGHTS) this.fail(method, `right ${name} is one too many: a resource has ${RIGHTS}`);
    return this.rights.indexOf(name);
  }

  private result(method: Token): Result {
    const single = (["bytes", "capability"] as const).find((kind) => kind === this.peek().text);
    if (single !== undefined) {
      this.take();
      return { kind: single };
    }
    if (this.peek().text !== "{") return { kind: "scalar", type: this.oneOf(SCALAR_TYPES, "a result's type") };
    this.take();
    const fields: Field[] = [];
    while (this.peek().text !== "}") {
      const field = this.name("a result's name");
      if (fields.some((other) => other.name === field.text)) this.fail(field, `result ${field.text} is declared twice`);
      this.expect(":");
      fields.push({ name: field.text, type: this.oneOf(SCALAR_TYPES, "a result's type") });
      if (this.peek().text !== "}") this.separator();
    }
    this.expect("}");
    if (fields.length === 0 || fields.length > RESULT_WORDS) {
      this.fail(method, `method ${method.text} answers ${fields.length} words; a reply carries 1 to ${RESULT_WORDS}`);
    }
    return { kind: "fields", fields };
  }

  private separator(): void {
    const token = this.take();
    if (token.text !== "," && token.text !== ";") this.fail(token, `expected \`,\`, found \`${token.text}\``);
  }

  private oneOf<T extends string>(types: readonly T[], what: string): T {
    const token = this.take();
    const type = types.find((candidate) => candidate === token.text);
    if (type === undefined) this.fail(token, `\`${token.text}\` is not ${what}: use one of ${types.join(", ")}`);
    return type;
  }

  private name(what: string): Token {
    const token = this.take();
    if (token.kind !== "name") this.fail(token, `expected ${what}, found \`${token.text}\``);
    if (RESERVED.has(token.text))
      this.fail(token, `\`${token.text}\` cannot be ${what}: the generated code or the language uses that word`);
    return token;
  }

  private expect(text: string): void {
    const token = this.take();
    if (token.text !== text) this.fail(token, `expected \`${text}\`, found \`${token.text}\``);
  }

  private peek(): Token {
    const token = this.tokens[Math.min(this.at, this.tokens.length - 1)];
    if (token === undefined) throw new Error("tokenise() always ends with an end token");
    return token;
  }

  private take(): Token {
    const token = this.peek();
    this.at++;
    return token;
  }

  private fail(token: Token, message: string): never {
    throw new InterfaceError(this.file, token.line, message);
  }
}
