// The peer of the vector benchmarks: a program around hnswlib (headers from an npm package, scripts/programs/vectors.ts) that speaks the
// same protocol as tests/bench/programs/vector.ts, written out below build/ when a benchmark runs.

export const HNSWLIB_SOURCE = `
#include <hnswlib/hnswlib.h>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <time.h>
#include <unistd.h>
#include <vector>
static uint64_t cpu_ns() {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000ull + now.tv_nsec;
}
static void take(void* at, size_t bytes) {
  for (char* to = (char*)at; bytes > 0;) {
    ssize_t done = read(0, to, bytes);
    if (done <= 0) exit(0);
    to += done;
    bytes -= done;
  }
}
static void give(const void* at, size_t bytes) {
  for (const char* from = (const char*)at; bytes > 0;) {
    ssize_t done = write(1, from, bytes);
    if (done <= 0) exit(1);
    from += done;
    bytes -= done;
  }
}
int main() {
  uint32_t header[9];
  take(header, sizeof header);
  const uint32_t dimensions = header[0], count = header[1], questions = header[2], wanted = header[6];
  std::vector<float> asked((size_t)dimensions * questions), one(dimensions), all;
  take(asked.data(), asked.size() * 4);
  hnswlib::SpaceInterface<float>* space = header[3] == 1
    ? (hnswlib::SpaceInterface<float>*)new hnswlib::InnerProductSpace(dimensions) : new hnswlib::L2Space(dimensions);
  hnswlib::HierarchicalNSW<float> index(space, count, header[4], header[5]);
  uint64_t building = 0;
  for (uint32_t number = 0; number < count; number++) {
    take(one.data(), (size_t)dimensions * 4);
    uint64_t begin = cpu_ns();
    index.addPoint(one.data(), number);
    building += cpu_ns() - begin;
  }
  // what indexFileSize counts without its header: vectors, links, labels
  const uint64_t ready[2] = { building, index.indexFileSize() };
  give(ready, sizeof ready);
  std::vector<uint32_t> answers((size_t)questions * wanted);
  for (;;) {
    uint32_t breadth;
    take(&breadth, 4);
    index.setEf(breadth);
    uint64_t passed = cpu_ns();
    for (uint32_t question = 0; question < questions; question++) {
      auto best = index.searchKnn(&asked[(size_t)question * dimensions], wanted);
      for (uint32_t place = wanted; place-- > 0; best.pop()) answers[(size_t)question * wanted + place] = best.top().second;
    }
    passed = cpu_ns() - passed;
    give(&passed, 8);
    give(answers.data(), answers.size() * 4);
  }
}
`;
