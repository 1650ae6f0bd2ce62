// What tests/system/guest/enclave-init.ts makes an enclave of, and an ordinary instance: it answers what it sees and may do.
import * as phi from "../../../services/lib/phi";
import * as endpoint from "../../../services/lib/endpoint";
import * as region from "../../../services/lib/region";

const PAGE: usize = 0x8000_0000;
let own: u64 = 0;

export function start(): void {
  own = <u64>region.create(load<u64>(PAGE), 1);
}

export function call(_badge: u64, method: u64, _w0: u64, _w1: u64, _w2: u64, _w3: u64, _w4: u64, _w5: u64): i64 {
  if (method == 1) return 0;
  if (method == 2) return <i64>load<u64>(PAGE, 16);
  if (method == 3) return phi.region_physical(load<u64>(PAGE, 8), own, 0);
  if (method == 4) return endpoint.offer(endpoint.OFFER_CALLER, own, region.REGION_READ | region.REGION_MAP);
  return endpoint.accept(endpoint.OFFER_CALLER);
}
