// What each arithmetic, comparing and memory instruction does, as data. Read by execute.ts.

import { compare, equal, not, type Term } from "./term.ts";

export const LOADS: Record<number, { bytes: number; width: number; op: "zext" | "sext" }> = {
  40: { bytes: 4, width: 32, op: "zext" },
  41: { bytes: 8, width: 64, op: "zext" },
  44: { bytes: 1, width: 32, op: "sext" },
  45: { bytes: 1, width: 32, op: "zext" },
  46: { bytes: 2, width: 32, op: "sext" },
  47: { bytes: 2, width: 32, op: "zext" },
  48: { bytes: 1, width: 64, op: "sext" },
  49: { bytes: 1, width: 64, op: "zext" },
  50: { bytes: 2, width: 64, op: "sext" },
  51: { bytes: 2, width: 64, op: "zext" },
  52: { bytes: 4, width: 64, op: "sext" },
  53: { bytes: 4, width: 64, op: "zext" },
};
export const STORES: Record<number, { bytes: number }> = {
  54: { bytes: 4 },
  55: { bytes: 8 },
  58: { bytes: 1 },
  59: { bytes: 2 },
  60: { bytes: 1 },
  61: { bytes: 2 },
  62: { bytes: 4 },
};

const NAMES = ["add", "sub", "mul", "sdiv", "udiv", "srem", "urem", "and", "or", "xor", "shl", "ashr", "lshr"];
export const BINARY: Record<number, string> = Object.fromEntries(
  NAMES.flatMap((name, i) => [
    [0x6a + i, name],
    [0x7c + i, name],
  ]),
);

interface Comparison {
  width: number;
  unary: boolean;
  make: (a: Term, b: Term) => Term;
}
const RELATIONS: ((a: Term, b: Term) => Term)[] = [
  (a, b) => equal(a, b),
  (a, b) => not(equal(a, b)),
  (a, b) => compare("slt", a, b),
  (a, b) => compare("ult", a, b),
  (a, b) => compare("slt", b, a),
  (a, b) => compare("ult", b, a),
  (a, b) => compare("sle", a, b),
  (a, b) => compare("ule", a, b),
  (a, b) => compare("sle", b, a),
  (a, b) => compare("ule", b, a),
];
export const COMPARE: Record<number, Comparison> = Object.fromEntries([
  [0x45, { width: 32, unary: true, make: equal }],
  [0x50, { width: 64, unary: true, make: equal }],
  ...RELATIONS.map((make, i) => [0x46 + i, { width: 32, unary: false, make }]),
  ...RELATIONS.map((make, i) => [0x51 + i, { width: 64, unary: false, make }]),
]);
