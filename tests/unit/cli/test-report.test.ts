// What `phi test` says at its end: numbers, and each failure by name with the guest's last lines.

import { expect, test } from "vitest";
import { type Report, tally } from "../../../scripts/phi/test.ts";

function report(tests: Report["testResults"][number]["assertionResults"], status = "passed"): Report {
  const failed = tests.filter((one) => one.status === "failed").length;
  return {
    numPassedTests: tests.length - failed,
    numFailedTests: failed,
    numPendingTests: 0,
    testResults: [{ name: "/somewhere/shell.test.ts", status, message: "", assertionResults: tests }],
  };
}

test("a failed test is named again at the end, with what it said", () => {
  const message = `Error: waited 30 s for the prompt; the guest's last lines:\n${"line\n".repeat(100)}`;
  const one = { fullName: "the shell counts", status: "failed", failureMessages: [message] };
  const { failed, remarks } = tally(report([one], "failed"), 1);
  expect(failed).toBe(1);
  expect(remarks).toHaveLength(1);
  const lines = remarks[0]?.split("\n") ?? [];
  expect(lines[0]).toMatch(/^failed: .*shell\.test\.ts > the shell counts$/);
  expect(lines[1]).toContain("waited 30 s for the prompt");
  expect(lines).toHaveLength(31);
});

test("a file that cannot be loaded, a runner without a report and an error outside the tests are failures", () => {
  expect(tally(report([], "failed"), 1)).toMatchObject({
    failed: 1,
    remarks: [expect.stringMatching(/^could not be loaded: /)],
  });
  expect(tally(undefined, 1)).toMatchObject({ failed: 1, passed: 0 });
  const passed = { fullName: "the shell counts", status: "passed", failureMessages: [] };
  expect(tally(report([passed]), 0)).toEqual({ passed: 1, failed: 0, skipped: 0, remarks: [] });
  expect(tally(report([passed]), 1)).toMatchObject({ failed: 1, passed: 1 });
});
