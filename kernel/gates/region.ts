// Gates of regions: making one, mapping it into one's own window, taking it out again.

import { E_ARGUMENT, E_STATE } from "../abi/errors";
import * as rights from "../abi/rights";
import { iommu_contexts } from "../../hal/iommu";
import { lookup, lookup_error, lookup_object } from "../cap/table";
import { current } from "../cpu";
import { is_none } from "../none";
import { Region } from "../object/object";
import { region_map, region_unmap } from "../object/mapping";
import { region_create, region_error, region_fill, region_frame } from "../object/region";
import { domain_with, hand_out, part_first } from "./common";

export function gate_region_create(self: u64, pages: u64, flags: u64): i64 {
  const account = domain_with(self, rights.DOMAIN_ALLOCATE);
  if (is_none(account)) return lookup_error();
  if (flags > 1) return E_ARGUMENT;
  const region = region_create(account.domain, pages, flags == 1);
  if (is_none(region)) return region_error;
  const mapped = rights.REGION_READ | rights.REGION_WRITE | rights.REGION_MAP;
  return hand_out(region, mapped | rights.REGION_PIN | rights.RIGHT_REVOKE | rights.RIGHT_SHARE);
}

/** Takes more of the pages that a region was made for; answers how many are still missing. */
export function gate_region_fill(handle: u64): i64 {
  const region = lookup_object<Region>(current(), handle, rights.TYPE_REGION, rights.REGION_WRITE);
  if (is_none(region)) return lookup_error();
  return region.pages == region.capacity ? 0 : region_fill(region);
}

/** Physical address of a page: for a device, so it takes the machine's word that the caller may program one. */
export function gate_region_physical(system_handle: u64, handle: u64, page: u64): i64 {
  const system = lookup(current(), system_handle, rights.TYPE_SYSTEM, rights.SYSTEM_DMA);
  if (is_none(system)) return lookup_error();
  const capability = lookup(current(), handle, rights.TYPE_REGION, rights.REGION_PIN);
  if (is_none(capability)) return lookup_error();
  if (current().enclave || iommu_contexts() != 0) return E_STATE; // what is no device's address helps nobody
  const region = changetype<Region>(capability.object),
    at = part_first(capability, page, 1);
  return at < region.pages ? <i64>region_frame(region, <u32>at) : E_ARGUMENT;
}

export function gate_region_map(handle: u64, index: u64, offset_pages: u64, pages: u64, wanted: u64): i64 {
  if ((wanted & ~(<u64>(rights.REGION_READ | rights.REGION_WRITE))) != 0) return E_ARGUMENT;
  const capability = lookup(current(), handle, rights.TYPE_REGION, rights.REGION_MAP | (<u32>wanted));
  if (is_none(capability)) return lookup_error();
  return region_map(current(), capability, index, part_first(capability, offset_pages, pages), pages, wanted);
}

export function gate_region_unmap(self: u64, index: u64, pages: u64): i64 {
  const account = domain_with(self, rights.DOMAIN_ALLOCATE);
  if (is_none(account)) return lookup_error();
  return region_unmap(account.domain, index, pages);
}
