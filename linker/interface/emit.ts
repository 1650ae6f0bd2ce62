// Turns a parsed interface into AssemblyScript: constants.ts, client.ts, server.ts of build/interfaces/<name>/.
// Invariant: the server hands a method only arguments that fit their declared types and lie in the caller's buffer.
import type { Argument, Field, Interface, Method, ScalarType } from "./model.ts";

/** From build/interfaces/<name>/ to the sources. */
const UP = "../../..";
/** RESOURCE_RIGHT_SHIFT of kernel/abi/rights.ts. */
const RIGHT_SHIFT = 16n;

/** File name → text of everything generated for one interface. */
export function emitInterface(service: string, model: Interface): Map<string, string> {
  return new Map([
    ["constants.ts", emitConstants(model)],
    ["client.ts", emitClient(model)],
    ["server.ts", emitServer(service, model)],
  ]);
}

function opening(model: Interface, what: string): string {
  return `// ${what} Generated from ${model.file}: change that file instead.\n`;
}

function emitConstants(model: Interface): string {
  const lines = [opening(model, `Constants of ${model.name} and its method numbers.`)];
  for (const constant of model.constants) {
    lines.push(
      ...comment(constant.documentation, ""),
      `export const ${constant.name}: ${constant.type} = ${constant.value};`,
    );
  }
  for (const method of model.methods) {
    lines.push(`export const METHOD_${method.name.toUpperCase()}: u64 = ${method.number};`);
  }
  model.rights.forEach((right, index) => {
    lines.push(`export const RIGHT_${right}: u64 = 0x${(1n << (RIGHT_SHIFT + BigInt(index))).toString(16)};`);
  });
  return `${lines.join("\n")}\n`;
}

function emitClient(model: Interface): string {
  const lines = [
    opening(model, `Client of ${model.name}.`),
    `import * as endpoint from "${UP}/services/lib/endpoint";`,
    `import * as startup from "${UP}/services/lib/startup";`,
    `import { announce, place, place_string } from "${UP}/services/lib/buffer";`,
    `import { reply_word } from "${UP}/services/lib/message";`,
    `import { E_PEER_GONE } from "${UP}/kernel/abi/errors";`,
    'export * from "./constants";',
    "",
    ...comment(model.documentation, ""),
    `export class ${model.name} {`,
  ];
  const open = model.methods.filter((method) => method.right === undefined);
  for (const field of uniqueFields(open)) lines.push(`  ${field.name}: ${field.type} = ${zero(field.type)};`);
  lines.push(
    "",
    "  constructor(",
    "    /** The endpoint that calls go to. */",
    "    readonly endpoint: u64,",
    "    /** First byte of the buffer shared with the server: `bytes` results appear here. */",
    "    readonly buffer: usize,",
    "    readonly buffer_bytes: u32,",
    "    /** How long a call waits for a server that is being restarted before it answers E_PEER_GONE; 0 = not at all. */",
    "    public patience_ms: u32 = 0,",
    "  ) {}",
    "",
    "  /** The connection that the image gives this service under a name. */",
    `  static connect(name: string): ${model.name} {`,
    `    const client = new ${model.name}(startup.capability(name), <usize>startup.capability_a(name), <u32>startup.capability_b(name), endpoint.PATIENCE_MS);`,
    "    announce(client.endpoint, startup.number(name, 0), client.buffer_bytes);",
    "    return client;",
    "  }",
  );
  for (const method of open) lines.push("", ...clientMethod(method));
  lines.push("}");
  if (model.rights.length > 0) lines.push(...resourceClass(model));
  return `${lines.join("\n")}\n`;
}

/** The client of one resource: a capability of type RESOURCE is all that its holder needs. */
function resourceClass(model: Interface): string[] {
  const methods = model.methods.filter((method) => method.right !== undefined);
  const lines = [
    "",
    `/** One of the things that ${model.name} keeps, by a capability to it: each method asks for the right that its comment names. */`,
    `export class ${model.name}Resource {`,
  ];
  for (const field of uniqueFields(methods)) lines.push(`  ${field.name}: ${field.type} = ${zero(field.type)};`);
  lines.push(
    "",
    "  constructor(",
    "    /** A capability of type RESOURCE. */",
    "    readonly endpoint: u64,",
    "    /** How long a call waits for a server that is being restarted before it answers E_PEER_GONE; 0 = not at all. */",
    "    public patience_ms: u32 = 0,",
    "  ) {}",
  );
  for (const method of methods) {
    const documentation = `${method.documentation} Right: ${model.rights[method.right ?? 0]}.`;
    lines.push("", ...clientMethod({ ...method, documentation }));
  }
  lines.push("}");
  return lines;
}

function uniqueFields(methods: readonly Method[]): Field[] {
  const fields = new Map<string, Field>();
  for (const method of methods) {
    if (method.result.kind === "fields") for (const field of method.result.fields) fields.set(field.name, field);
  }
  return [...fields.values()];
}

function clientMethod(method: Method): string[] {
  const parameters = method.arguments.map(({ name, type }) => {
    if (type === "bytes") return `${name}: usize, ${name}_length: u32`;
    return type === "capability" ? `${name}: u64, ${name}_rights: u64` : `${name}: ${type}`;
  });
  const lines = [...comment(method.documentation, "  "), `  ${method.name}(${parameters.join(", ")}): i64 {`];
  const words: string[] = [];
  let cursor = "0";
  for (const argument of method.arguments) {
    if (argument.type === "bytes" || argument.type === "string") {
      const span = `${argument.name}_span`;
      const source = argument.type === "bytes" ? `${argument.name}, ${argument.name}_length` : argument.name;
      const place = argument.type === "bytes" ? "place" : "place_string";
      lines.push(
        `    const ${span} = ${place}(this.buffer, this.buffer_bytes, ${cursor}, ${source}, ${method.number});`,
        `    if (${span} < 0) return ${span};`,
      );
      cursor = cursor === "0" ? `<u32>(${span} >> 32)` : `${cursor} + <u32>(${span} >> 32)`;
      words.push(`<u64>${span}`);
    } else if (argument.type === "capability") {
      words.push(`<u64>(${argument.name} != 0)`);
    } else {
      words.push(argument.type === "u64" ? argument.name : `<u64>${argument.name}`);
    }
  }
  while (words.length < 6) words.push("0");
  const gate = method.result.kind === "fields" ? "call_words" : "call";
  const offered = method.arguments.find(({ type }) => type === "capability")?.name;
  lines.push("    for (let attempt: u32 = 0; ; attempt++) {");
  if (offered !== undefined) {
    lines.push(
      `      const offered: i64 = ${offered} == 0 ? 0 : endpoint.offer(this.endpoint, ${offered}, ${offered}_rights);`,
      "      if (offered < 0) return offered;",
    );
  }
  lines.push(
    `      const answer = endpoint.${gate}(this.endpoint, ${method.number}, ${words.join(", ")});`,
    "      if (answer == E_PEER_GONE && endpoint.pause_for_server(attempt, this.patience_ms)) continue;",
  );
  if (method.result.kind === "fields") {
    lines.push("      if (answer < 0) return answer;");
    method.result.fields.forEach((field, index) => {
      lines.push(`      this.${field.name} = ${fromWord(field.type, `reply_word(${index + 1})`)};`);
    });
  }
  lines.push(
    method.result.kind === "capability"
      ? "      return answer < 0 ? answer : endpoint.accept(this.endpoint);"
      : "      return answer;",
    "    }",
    "  }",
  );
  return lines;
}

function emitServer(service: string, model: Interface): string {
  const lines = [
    opening(model, `Server side of ${model.name}: checks arguments and calls services/${service}/methods.ts.`),
    `import { attach_known_clients, buffer_bytes, buffer_of, control, span_is_valid } from "${UP}/services/lib/buffer";`,
    `import { set_reply_word } from "${UP}/services/lib/message";`,
    `import * as endpoint from "${UP}/services/lib/endpoint";`,
    `import { E_ARGUMENT } from "${UP}/kernel/abi/errors";`,
    ...(model.rights.length > 0
      ? [
          `import { E_RIGHTS } from "${UP}/kernel/abi/errors";`,
          `import { RESOURCE_BADGE } from "${UP}/kernel/abi/rights";`,
        ]
      : []),
    `import * as methods from "${UP}/services/${service}/methods";`,
    'export * from "./constants";',
    "",
    "attach_known_clients();",
    "",
  ];
  for (const method of model.methods) lines.push(...resultHelpers(method));
  if (model.rights.length > 0) lines.push(...resourceHelpers(model));
  lines.push(...dispatch(model));
  return `${lines.join("\n")}\n`;
}

/** What a message has beside its badge and its method. */
const WORDS = 6;
/** So many still travel in registers, beside instance, badge and method, on every architecture: the entry can jump. */
const JUMP_WORDS = 5;
/** What control() of services/lib/buffer.ts reads of them. */
const CONTROL_WORDS = 2;

/**
 * The entry of protected calls. Methods of words alone are answered there; the others have a function of their own (kept apart by
 * compile/rewrite.ts), so that a short method does not save the registers that a long one needs. It has two callers, or Binaryen
 * would make it one with the entry, and takes no more words than it reads, so that the entry jumps there; where they are too many
 * for that, all is one function.
 */
function dispatch(model: Interface): string[] {
  const count = model.methods.length;
  const control = "control(badge, method, w0, w1)";
  const plain = model.methods.filter(isPlain);
  const others = model.methods.filter((method) => !isPlain(method));
  const select = (methods: readonly Method[], otherwise: string): string[] => {
    if (methods.length === 0) return [`  return ${otherwise};`];
    const cases = methods.flatMap(serverCase);
    const last = ["    default:", `      return ${otherwise};`, "  }"];
    return [`  if (method > ${count}) return ${otherwise};`, "  switch (<u32>method) {", ...cases, ...last];
  };
  const names = (words: number): string[] => [
    "badge",
    "method",
    ...Array.from({ length: words }, (_none, i) => `w${i}`),
  ];
  const head = (name: string, words: number): string =>
    `function ${name}(${names(words)
      .map((word) => `${word}: u64`)
      .join(", ")}): i64 {`;
  const read = Math.max(CONTROL_WORDS, ...others.map((method) => method.arguments.length));
  const isSplit = plain.length > 0 && others.length > 0 && read <= JUMP_WORDS;
  const entry = isSplit ? select(plain, `call_checked(${names(read).join(", ")})`) : select(model.methods, control);
  const checked = [
    "",
    "/** Methods whose arguments are looked at, and those of the buffer. */",
    head("call_checked", read),
  ];
  return [
    "/** The entry of protected calls: export it from the service's index.ts. */",
    `export ${head("call", WORDS)}`,
    ...entry,
    "}",
    ...(isSplit ? [...checked, ...select(others, control), "}"] : []),
  ];
}

/** Is the method's call that of its function, with nothing to look at before and no buffer? */
function isPlain({ right, arguments: list, result }: Method): boolean {
  return right === undefined && result.kind !== "bytes" && list.every((one) => invalid(one, "") === undefined);
}

function serverCase(method: Method): string[] {
  const checks: string[] = [];
  const accepts: string[] = [];
  const values: string[] = [method.right === undefined ? "badge" : "badge ^ RESOURCE_BADGE"];
  method.arguments.forEach((argument, index) => {
    const word = `w${index}`;
    const check = invalid(argument, word);
    if (check !== undefined) checks.push(check);
    if (argument.type === "bytes" || argument.type === "string") {
      values.push(`buffer_of(badge) + <usize>(${word} & 0xffff_ffff)`, `<u32>(${word} >> 32)`);
    } else if (argument.type === "capability") {
      accepts.push(
        `      const accepted: i64 = ${word} == 0 ? 0 : endpoint.accept(endpoint.OFFER_CALLER);`,
        "      if (accepted < 0) return accepted;",
      );
      values.push("<u64>accepted");
    } else {
      values.push(fromWord(argument.type, word));
    }
  });
  if (method.result.kind === "bytes") values.push("buffer_of(badge)", "buffer_bytes(badge)");
  const lines = [`    case ${method.number}:${accepts.length > 0 ? " {" : ""}`];
  if (method.right !== undefined) lines.push("      if ((badge & RESOURCE_BADGE) == 0) return E_RIGHTS;");
  if (checks.length > 0) lines.push(`      if (${checks.join(" || ")}) return E_ARGUMENT;`);
  lines.push(...accepts, `      return <i64>methods.${method.name}(${values.join(", ")});`);
  if (accepts.length > 0) lines.push("    }");
  return lines;
}

/** Telling the kernel which right each method asks for, and making resources. */
function resourceHelpers(model: Interface): string[] {
  let [rights, mask] = [0n, 0n];
  for (const { number, right } of model.methods) {
    if (right === undefined) continue;
    rights |= BigInt(right) << BigInt(number * 4);
    mask |= 1n << BigInt(number);
  }
  const hex = (value: bigint): string => `0x${value.toString(16)}`;
  const low = hex(BigInt.asUintN(64, rights)),
    high = hex(rights >> 64n);
  const all = model.rights.map((right) => `RIGHT_${right}`).join(", ");
  return [
    "/** Says which right each method asks a resource for: once, before the first mint. `serve`: the service's own endpoint. */",
    "export function set_rights(serve: u64): i64 {",
    `  return endpoint.set_methods(serve, ${low}, ${high}, ${hex(mask)});`,
    "}",
    "",
    `/** A capability of type RESOURCE to the thing behind \`tag\` (< 2^63), with some of ${all}. */`,
    "export function mint(serve: u64, tag: u64, rights: u64): i64 {",
    `  return endpoint.mint(serve, tag, rights >> ${RIGHT_SHIFT});`,
    "}",
    "",
  ];
}

/** Setting the answer's words, at once or to a detached caller. */
function resultHelpers(method: Method): string[] {
  if (method.result.kind !== "fields") return [];
  const { fields } = method.result;
  const parameters = fields.map((field) => `${field.name}: ${field.type}`).join(", ");
  const words = fields.map((field) => `<u64>${field.name}`);
  while (words.length < 5) words.push("0");
  return [
    `/** Sets the results of ${method.name}; return 0 or more right after. */`,
    `export function set_${method.name}_results(${parameters}): void {`,
    ...fields.map((field, index) => `  set_reply_word(${index + 1}, <u64>${field.name});`),
    "}",
    "",
    `/** Answers a detached ${method.name}. */`,
    `export function answer_${method.name}(detached: u64, answer: i64, ${parameters}): i64 {`,
    `  return endpoint.reply(detached, answer, ${words.join(", ")});`,
    "}",
    "",
  ];
}

/** The condition under which a word is not a value of the argument's type. */
function invalid(argument: Argument, word: string): string | undefined {
  switch (argument.type) {
    case "u32":
      return `${word} > 0xffff_ffff`;
    case "i32":
      return `<i64>${word} != <i64>(<i32>${word})`;
    case "bool":
    case "capability":
      return `${word} > 1`;
    case "bytes":
    case "string":
      return `!span_is_valid(badge, ${word})`;
    default:
      return undefined;
  }
}

function fromWord(type: ScalarType, word: string): string {
  if (type === "u64") return word;
  return type === "bool" ? `${word} != 0` : `<${type}>${word}`;
}

function zero(type: ScalarType): string {
  return type === "bool" ? "false" : "0";
}

function comment(documentation: string, indent: string): string[] {
  if (documentation === "") return [];
  const rows = documentation.split("\n");
  if (rows.length === 1) return [`${indent}/** ${rows[0]} */`];
  return [`${indent}/**`, ...rows.map((row) => `${indent} * ${row}`.trimEnd()), `${indent} */`];
}
