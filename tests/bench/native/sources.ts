// "The same in C": the native side of the comparisons, written out below build/ when a benchmark runs. Same algorithms,
// idiomatic C, compiled by clang-19 -O2; the program prints its result and nanoseconds as the translated one does.

const MAIN = `
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
static uint64_t run(uint32_t parameter);
int main(int count, char** values) {
  uint32_t parameter = count > 1 ? (uint32_t)strtoul(values[1], NULL, 10) : 0;
  struct timespec before, after;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  uint64_t result = run(parameter);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  int64_t passed = (after.tv_sec - before.tv_sec) * 1000000000ll + (after.tv_nsec - before.tv_nsec);
  printf("%llu %lld\\n", (unsigned long long)result, (long long)passed);
  return 0;
}
`;

const SHA256 = `
#include <string.h>
static uint8_t data[65536];
static const uint32_t constants[64] = {
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
  0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
  0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
  0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
  0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
  0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
static uint32_t rotr(uint32_t x, int n) { return (x >> n) | (x << (32 - n)); }
static void block(uint32_t state[8], const uint8_t* bytes) {
  uint32_t w[64];
  for (int i = 0; i < 16; i++) {
    uint32_t word;
    memcpy(&word, bytes + 4 * i, 4);
    w[i] = __builtin_bswap32(word);
  }
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotr(w[i - 15], 7) ^ rotr(w[i - 15], 18) ^ (w[i - 15] >> 3);
    uint32_t s1 = rotr(w[i - 2], 17) ^ rotr(w[i - 2], 19) ^ (w[i - 2] >> 10);
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4], f = state[5], g = state[6], h = state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t s1 = rotr(e, 6) ^ rotr(e, 11) ^ rotr(e, 25);
    uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + constants[i] + w[i];
    uint32_t s0 = rotr(a, 2) ^ rotr(a, 13) ^ rotr(a, 22);
    uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g; g = f; f = e; e = d + t1; d = c; c = b; b = a; a = t1 + t2;
  }
  state[0] += a; state[1] += b; state[2] += c; state[3] += d; state[4] += e; state[5] += f; state[6] += g; state[7] += h;
}
static uint64_t run(uint32_t rounds) {
  for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 31 + 7);
  uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  for (uint32_t round = 0; round < rounds; round++)
    for (size_t at = 0; at < sizeof data; at += 64) block(state, data + at);
  return (uint64_t)state[0] << 32 | state[1];
}
`;

const MANDELBROT = `
static uint64_t run(uint32_t size) {
  uint64_t inside = 0;
  for (uint32_t y = 0; y < size; y++) {
    double ci = 2.0 * y / size - 1.0;
    for (uint32_t x = 0; x < size; x++) {
      double cr = 2.0 * x / size - 1.5, zr = 0, zi = 0, rr = 0, ii = 0;
      uint32_t n = 0;
      while (n < 50 && rr + ii <= 4.0) {
        zi = 2.0 * zr * zi + ci;
        zr = rr - ii + cr;
        rr = zr * zr;
        ii = zi * zi;
        n++;
      }
      inside += n;
    }
  }
  return inside;
}
`;

const MATMUL = `
#define SIZE 256
static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];
static void multiply(void) {
  for (size_t i = 0; i < SIZE; i++) {
    for (size_t j = 0; j < SIZE; j++) c[i][j] = 0;
    for (size_t k = 0; k < SIZE; k++)
      for (size_t j = 0; j < SIZE; j++) c[i][j] += a[i][k] * b[k][j];
  }
}
static uint64_t run(uint32_t rounds) {
  for (size_t i = 0; i < SIZE * SIZE; i++) {
    a[i / SIZE][i % SIZE] = (double)((i * 7) & 15);
    b[i / SIZE][i % SIZE] = (double)((i * 13) & 15);
  }
  for (uint32_t round = 0; round < rounds; round++) {
    multiply();
    __asm__ volatile("" ::: "memory");
  }
  double sum = 0;
  for (size_t i = 0; i < SIZE * SIZE; i++) sum += c[i / SIZE][i % SIZE];
  return (uint64_t)sum;
}
`;

export const NATIVE_SOURCES: Readonly<Record<string, string>> = {
  sha256: MAIN + SHA256,
  mandelbrot: MAIN + MANDELBROT,
  matmul: MAIN + MATMUL,
};
