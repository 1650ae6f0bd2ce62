// A whole image in one isolation mode: what `phi boot --isolation` and `phi test --isolation` boot. Services are the same modules in
// both; only an enclave stays what it is. Called by the build and by the tests' own images.
import type { Image, Service } from "./schema.ts";

/** The modes that a whole system can be put in. */
export const WHOLE_MODES = ["sfi", "hw"] as const;
export type WholeMode = (typeof WHOLE_MODES)[number];

/** The image with init and every service in this mode; undefined: as it is. */
export function withIsolation(image: Image, mode: WholeMode | undefined): Image {
  if (mode === undefined) return image;
  const services = Object.entries(image.services).map(([name, service]): [string, Service] => [
    name,
    service.isolation === "enclave" || service.template ? service : { ...service, isolation: mode },
  ]);
  const modules = Object.fromEntries(Object.keys(image.modules ?? {}).map((name) => [name, mode]));
  return { ...image, init: mode, modules, services: Object.fromEntries(services) };
}

/** What the image is called in this mode, among the files of a build. */
export function nameInMode(name: string, mode: WholeMode | undefined): string {
  return mode === undefined ? name : `${name}-${mode}`;
}
