// The screen's methods of displays as a module that Node can drive: its gates are the test's.
export { display } from "../../../../services/screen/methods";
