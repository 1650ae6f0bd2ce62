// Mapping by capability into one's own window: one page, and as many as one call takes, in a page table that is there already.
import * as phi from "../../../services/lib/phi";
import { print_mode, ROUNDS, span, worker_figures_begin } from "./figure";
import { OWN, REGION_AT, SELF_AT } from "./page";

const PLACE: u64 = 0xa000_0000;
const PAGES: u64 = 512;
const READ_WRITE: u64 = 3;

export function measure_maps(): void {
  worker_figures_begin();
  measure(1, "region.map-page", "region.unmap-page");
  measure(PAGES, "region.map-512-pages-each", "region.unmap-512-pages-each");
}

function measure(pages: u64, mapping: string, unmapping: string): void {
  const region = load<u64>(OWN, REGION_AT),
    self = load<u64>(OWN, SELF_AT);
  let mapped: u64 = 0,
    unmapped: u64 = 0;
  for (let i: u64 = 0; i < 2 + ROUNDS / pages; i++) {
    const first = phi.counter();
    if (phi.region_map(region, PLACE, 0, pages, READ_WRITE) < 0) unreachable();
    const second = phi.counter();
    if (phi.region_unmap(self, PLACE, pages) < 0) unreachable();
    const third = phi.counter();
    if (i == 0) continue;
    mapped += span(first, second);
    unmapped += span(second, third);
  }
  const rounds = 1 + ROUNDS / pages;
  print_mode(mapping, mapped / (rounds * pages));
  print_mode(unmapping, unmapped / (rounds * pages));
}
