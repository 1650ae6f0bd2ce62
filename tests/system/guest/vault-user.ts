// A client for tests/system/vault.test.ts: makes boxes in two vaults, one in each isolation mode, passes weaker capabilities
// on to itself, and says how many of its checks held.
import { Console, STREAM_OUTPUT } from "../../../build/interfaces/console/client";
import {
  METHOD_CREATE,
  METHOD_READ,
  METHOD_REMOVE,
  METHOD_WRITE,
  RIGHT_READ,
  RIGHT_WRITE,
  Vault,
  VaultResource,
} from "../../../build/interfaces/vault/client";
import * as capability from "../../../services/lib/capability";
import * as endpoint from "../../../services/lib/endpoint";
import { E_ARGUMENT, E_HANDLE, E_METHOD, E_REVOKED, E_RIGHTS } from "../../../services/lib/errors";
import * as startup from "../../../services/lib/startup";
import { Text } from "../../../services/lib/text";

const WORD: u64 = 0x1234_5678_9abc_def0;
const text = new Text(memory.data(128), 128);
let checks: u32 = 0;
let failed: u32 = 0;

function check(held: bool): void {
  checks++;
  if (!held && failed == 0) failed = checks;
}

function is_dead(answer: i64): bool {
  return answer == E_HANDLE || answer == E_REVOKED;
}

function box_of(vault: Vault): u64 {
  const handle = vault.create();
  check(handle > 0);
  return <u64>handle;
}

function use(name: string): void {
  const vault = Vault.connect(name);
  const handle = box_of(vault);
  const box = new VaultResource(handle);
  const other = new VaultResource(box_of(vault));
  check(box.write(WORD) == 0 && box.read() == 0 && box.word == WORD);
  check(other.read() == 0 && other.word == 0);
  // Weaker ones can do what their rights say, and never become stronger.
  const reader = <u64>capability.derive(handle, RIGHT_READ, 0);
  const weak = new VaultResource(reader);
  check(weak.read() == 0 && weak.word == WORD);
  check(weak.write(1) == E_RIGHTS && weak.remove() == E_RIGHTS);
  check(capability.derive(reader, RIGHT_READ | RIGHT_WRITE, 0) == E_ARGUMENT);
  check(capability.derive(handle, RIGHT_READ, 7) == E_ARGUMENT);
  // What is for clients is not for holders, and the other way round.
  check(endpoint.call(handle, METHOD_CREATE) == E_METHOD);
  check(endpoint.call(handle, 0xffff_0001, 1, 4096) == E_METHOD);
  const client = startup.capability(name);
  check(endpoint.call(client, METHOD_READ) == E_RIGHTS && endpoint.call(client, METHOD_REMOVE) == E_RIGHTS);
  check(endpoint.call(client, METHOD_WRITE, 5) == E_RIGHTS);
  check(box.read() == 0 && box.word == WORD);
  // The end of a box is the end of every capability to it, and of no other.
  check(box.remove() == 0);
  check(is_dead(box.read()) && is_dead(weak.read()) && is_dead(capability.derive(handle, 0, 0)));
  check(other.write(3) == 0 && other.read() == 0 && other.word == 3 && other.remove() == 0);
}

export function start(): void {
  const console = Console.connect("console");
  use("vault");
  use("vault-hw");
  text.string("checks ").number(checks).string(", first failed ").number(failed).newline();
  console.write(STREAM_OUTPUT, text.start, text.length);
}
