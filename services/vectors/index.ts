// The service of vector indices: services/vdfs/vector on the files of any server of the Files interface.
import { open_storage } from "./storage";

export { call } from "../../build/interfaces/vectors/server";

export function start(): void {
  open_storage();
}
