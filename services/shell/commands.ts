// The table of commands: name, how to call it, one line about it, a paragraph that teaches it, and its function, which
// answers the exit status. Imported once, for its effect; docs/shell.md is checked against it.
import { devices } from "./devices";
import { cp } from "./copy";
import { cat, df, ls, mkdir, mv, rm, snapshot, write } from "./files";
import { help } from "./help";
import { caps, mem } from "./inspect";
import { attest, call, load } from "./loading";
import { kill, programs, ps, restart, run, wait } from "./processes";
import { replace } from "./replacing";
import { log, trace } from "./records";
import { top } from "./top";
import { Command, register } from "./registry";
import { schedule } from "./schedule";
import { search } from "./search";
import { clear, date, echo, exit, uptime } from "./simple";

// prettier-ignore
register([
  new Command("help", "help [COMMAND]", "list the commands, or explain one",
    "Commands are separated by `;`. Quote with '...' or \"...\", $? is the status of the last command, # begins a comment. The line is edited with the arrow keys, ^A ^E ^U ^K ^W; up and down recall earlier lines, ^C abandons the line, ^L clears the screen.", help),
  new Command("ps", "ps", "list services and programs",
    "One line for each unit that init started. MODE sfi runs in supervisor mode behind the compiler's fence, hw in user mode with its own page table. CALLS counts the calls it served; RESTARTS how often init had to start it again.", ps),
  new Command("caps", "caps [NAME|ID]", "list capabilities: who may do what",
    "Every right is a capability; there is nothing else by which one instance reaches another. HANDLE is index.generation in its holder's own table; two capabilities with the same object number name the same thing. A badge tells a server which client calls.", caps),
  new Command("top", "top [SECONDS [COUNT]]", "show what takes the processor's time",
    "One table after each interval (2 s unless told): the share of one processor that each unit took in it, calls that it served in a second, memory. Ends after COUNT tables (one when nobody is at a terminal), at any key, or with ^C.", top),
  new Command("mem", "mem", "show memory in use, in all and by unit",
    "HELD counts linear memory, stacks, tables and kernel objects of a unit; BUDGET is what it may still take. A unit that spends its budget gets an error, its neighbours nothing.", mem),
  new Command("log", "log", "show the kernel's log",
    "The last 64 KiB of what the kernel said since power-on.", log),
  new Command("run", "run [--sfi] [--dir|--read PATH[::NAME]]... PROGRAM [ARGUMENT...] [&]", "run a program of the boot archive",
    "Starts it in user mode with a WASI companion of its own, and waits for its end; ^C ends it (status 130). --dir hands it a directory of the store or (host:PATH) of the host's, under its path or under NAME; with --read it cannot change anything there. With & at the end it runs beside the shell; `wait ID` collects its status. --sfi runs it in supervisor mode if the image trusts it. A trap gives status 134.", run),
  new Command("programs", "programs", "list what `run` can start", "The modules packed into the boot archive.", programs),
  new Command("wait", "wait NAME|ID", "wait for a program that runs beside the shell", "Its exit status becomes the command's own.", wait),
  new Command("kill", "kill NAME|ID", "end a program or a service",
    "A program ends with status 137. A service is started again by init, after a pause that grows if it keeps failing; clients' capabilities go on working.", kill),
  new Command("restart", "restart NAME|ID", "start a service afresh",
    "Ends it if it runs and starts it at once, forgetting how often it failed.", restart),
  new Command("replace", "replace [--restart] NAME|ID [MODULE [BYTES]]", "put a new instance in a running service's place",
    "Its callers wait while its state goes over to the new instance, of MODULE or of its own; their capabilities and unanswered calls stay good. If the new instance cannot take over, the old one goes on as if nothing had happened. With --restart nothing goes over: the old one ends, and the new one starts as after a crash. With BYTES the module is no part of the boot archive: so many bytes of .phx come on standard input (`phi replace`).", replace),
  new Command("load", "load [--sfi|--hw|--enclave] MODULE [BYTES]", "load a module while the system runs",
    "The kernel copies, checks and measures it; then it runs as a service of that name, with what the image's template lists. From the boot archive, or with BYTES so many bytes of .phx from standard input (`phi load` does that). It runs sfi if the image lists its hash, else hw; --enclave: hw, sharing nothing. `kill` ends it, and nothing of it is left.", load),
  new Command("call", "call NAME|ID METHOD [WORD...]", "call a loaded module", "METHOD is the number of a method, the words decimal numbers; prints the answer.", call),
  new Command("attest", "attest NAME|ID", "the kernel's word about an enclave", "The hash of the module behind a capability to call it: whoever holds one can ask the kernel, and need not trust who handed it out.", attest),
  new Command("devices", "devices", "list the machine's devices",
    "PCI functions by bus:device.function, then virtio's register blocks: vendor and device number, what it is, how it interrupts, where its registers lie and how many bytes, and which unit drives it. A device that contradicts itself is refused, and says why. The same as `lspci`.", devices),
  new Command("lspci", "lspci", "list the machine's devices", "The same as `devices`.", devices),
  new Command("ls", "ls [PATH]", "list a directory of the file store",
    "Kind, bytes, time of the last change and name. Paths begin at the directory that the shell was given; there is nothing above it.", ls),
  new Command("cat", "cat PATH", "print a file", "What is read has been compared with its hash: damage is an error, never output.", cat),
  new Command("write", "write PATH TEXT...", "write a line to a file", "The file is made, or replaced; it is durable when the command ends.", write),
  new Command("mkdir", "mkdir PATH", "make a directory", "Durable when the command ends.", mkdir),
  new Command("mv", "mv FROM TO", "rename or move", "What has the new name is replaced, all at once.", mv),
  new Command("cp", "cp [-r] FROM TO", "copy a file, or a tree",
    "-r copies directories with all that is in them. `host:PATH` is a path in the host's directory that `phi boot --share` gives; any other is in the store. Durable when the command ends.", cp),
  new Command("rm", "rm PATH", "remove a file or an empty directory", "Durable when the command ends; blocks that nothing else holds are free then.", rm),
  new Command("df", "df", "room on the disk", "Also how much lies there once though it was written more than once.", df),
  new Command("snapshot", "snapshot [-d] NAME", "keep the whole store as it is, under a name", "-d ends one. It costs what changes afterwards. `phi disk ls --snapshot NAME IMAGE` reads it on the host.", snapshot),
  new Command("search", "search INDEX NAME [+|- NAME]...", "what is nearest in a vector index",
    "The ten names whose vectors are nearest to that of NAME, or to a sum: `search words king - man + woman`. An index is a directory of the store; `phi disk import-vectors` makes one.", search),
  new Command("trace", "trace on|off|show [COUNT]|export", "record what the kernel does, and show it",
    "Switches, calls and their returns, interrupts, traps and signals with the processor's counter, in a ring of 8191 events. `export` writes all of it for a program: `phi trace` makes a file for Perfetto of it. Recording costs a few instructions an event; off, one predictable branch.", trace),
  new Command("schedule", "schedule [NAME|none]", "who decides when services and programs run",
    "Without NAME: the image's schedulers, and every unit with a share. With NAME that scheduler decides from now on; threads change hands while they run. `none`: the kernel's fixed priorities, round robin among equals.", schedule),
  new Command("uptime", "uptime", "time since power-on, and what happened in it", "Domains that exist, switches between them, interrupts taken.", uptime),
  new Command("date", "date", "the time of day, UTC", "Comes from the clock service, which reads the machine's clock chip once and counts on from there.", date),
  new Command("echo", "echo [-n] [TEXT...]", "print words", "-n leaves the line open. `echo $?` shows the last status.", echo),
  new Command("clear", "clear", "clear the screen", "The same as ^L.", clear),
  new Command("exit", "exit [STATUS]", "leave the shell: the machine powers off",
    "STATUS (0 to 255, otherwise the last command's) becomes the emulator's exit status.", exit),
  new Command("poweroff", "poweroff [STATUS]", "power the machine off", "The console's output is finished first. STATUS becomes the emulator's exit status, otherwise 0.", exit),
]);
