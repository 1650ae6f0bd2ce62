// The kernel as the unit tests load it: its own exports, and what the assembly of the call gates does (plain.ts).
export * from "../../../../kernel/index";
export { activation_done_plain, call_enter_plain } from "./plain";
