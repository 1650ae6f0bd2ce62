// Gates that switch to nobody.
import * as phi from "../../../services/lib/phi";
import { begin, end_mode, keep, ROUNDS, worker_figures_begin } from "./figure";
import { OWN, SELF_AT } from "./page";

export function measure_gates(): void {
  worker_figures_begin();
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(phi.own_id());
  end_mode("gate.null");
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) keep(phi.now());
  end_mode("gate.now");
  const signal = <u64>phi.notification_create(load<u64>(OWN, SELF_AT));
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) {
    phi.notify(signal, 1);
    keep(<u64>phi.wait(signal, 0));
  }
  end_mode("notify-and-poll");
  begin();
  for (let i: u64 = 0; i < ROUNDS; i++) phi.cap_delete(<u64>phi.cap_derive(signal, 1, 0));
  end_mode("capability.derive-and-delete");
}
