// The readers of clock chips as a module that Node can call.
export { is_sensible, read_cmos, read_goldfish, seconds_of } from "../../../../services/clock/registers";
