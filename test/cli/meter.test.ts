import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter, progressDelay } from "../../src/cli/meter.js";
import type { ProgressEvent } from "../../src/core/task.js";
import { newestGit, runGit } from "../support/gits.js";
import { makeRepository } from "../support/repository-maker.js";

/** A meter whose clock is set by hand. */
class Bench {
  time = 0;
  text = "";
  readonly meter: Meter;

  constructor(delaySeconds: number, columns = 80) {
    this.meter = new Meter({
      write: (text) => {
        this.text += text;
      },
      delaySeconds,
      columns: () => columns,
      now: () => this.time,
    });
  }

  at(time: number, title: string, done: number, total?: number, finished = false): this {
    this.time = time;
    this.meter.update({ title, done, total, finished });
    return this;
  }
}

/** The events behind what git has shown. */
function eventsOf(shown: string): ProgressEvent[] {
  const events: ProgressEvent[] = [];
  for (const piece of shown.split(/(?<=[\r\n])/)) {
    const [, title, done, total] = /^(?:(\S.*?): )? *\d+% \((\d+)\/(\d+)\)/.exec(piece) ?? [];
    const alone = /^(\S.*?): *\n$/.exec(piece)?.[1];
    if (alone !== undefined) events.push({ title: alone, done: -1, total: undefined, finished: false });
    else if (done !== undefined) {
      const before = events.at(-1);
      const event = {
        title: title ?? before!.title,
        done: Number(done),
        total: Number(total),
        finished: piece.includes("done"),
      };
      // the title on a line of its own belongs to the counters after it
      if (before?.done === -1) events.pop();
      events.push(event);
    }
  }
  return events;
}

const repository = makeRepository({ packs: 12, objects: 40 });
runGit(newestGit(), ["multi-pack-index", "write"], { cwd: repository.path });

for (const columns of [80, 50, 30, 10]) {
  test(`the lines are those of git multi-pack-index verify --progress on ${columns} columns`, () => {
    const git = runGit(newestGit(), ["multi-pack-index", "verify", "--progress"], {
      cwd: repository.path,
      env: { GIT_PROGRESS_DELAY: "0", COLUMNS: String(columns) },
    });
    const events = eventsOf(git.stderr);
    const bench = new Bench(0, columns);
    for (const { title, done, total, finished } of events) bench.at(0, title, done, total, finished);
    assert.ok(events.length >= 18);
    assert.equal(bench.text, git.stderr);
  });
}

test("a step without a total shows its count each second, and at its end", () => {
  const git = runGit(newestGit(), ["multi-pack-index", "write", "--progress", "--stdin-packs"], {
    cwd: repository.path,
    env: { GIT_PROGRESS_DELAY: "0" },
    input: repository.packs.map(({ idx }) => `${idx.replace(/^.*\//, "")}\n`).join(""),
  });
  const last = /Adding packfiles to multi-pack-index: (\d+), done\.\n/.exec(git.stderr)!;
  const bench = new Bench(0);
  bench.at(0, "Adding packfiles to multi-pack-index", 3).at(900, "Adding packfiles to multi-pack-index", 4);
  assert.equal(bench.text, "");
  bench.at(1000, "Adding packfiles to multi-pack-index", 5).at(1500, "Adding packfiles to multi-pack-index", 6);
  assert.equal(bench.text, "Adding packfiles to multi-pack-index: 5\r");
  bench.text = "";
  bench.at(1501, "Adding packfiles to multi-pack-index", Number(last[1]), undefined, true);
  assert.equal(bench.text, last[0]);
});

test("a step shows only after the delay, and one that ends earlier not at all", () => {
  const bench = new Bench(2);
  bench.at(0, "Short", 0, 4).at(1000, "Short", 2, 4).at(1999, "Short", 4, 4, true);
  assert.equal(bench.text, "");
  bench.at(3000, "Long", 0, 4).at(4999, "Long", 1, 4);
  assert.equal(bench.text, "");
  bench.at(5000, "Long", 2, 4).at(5001, "Long", 4, 4, true);
  assert.equal(bench.text, "Long:  50% (2/4)\rLong: 100% (4/4), done.\n");
});

test("between two percents the counts are brought up to date each second", () => {
  const bench = new Bench(0);
  bench.at(0, "Big", 1, 1000).at(500, "Big", 2, 1000).at(1000, "Big", 3, 1000);
  assert.equal(bench.text, "Big:   0% (1/1000)\rBig:   0% (3/1000)\r");
});

test("a shorter text is followed by blanks over what the longer one has left", () => {
  const bench = new Bench(0);
  bench.at(0, "Odd", 9, 1000).at(1000, "Odd", 10_000).at(2000, "Odd", 5);
  assert.equal(bench.text.split("\r")[2], `Odd: 5${" ".repeat(4)}`);
});

test("a step that never finishes leaves its line to be ended before the next text", () => {
  const bench = new Bench(0);
  bench.at(0, "One", 1, 2);
  bench.meter.endLine();
  bench.meter.endLine();
  assert.equal(bench.text, "One:  50% (1/2)\r\n");
  bench.at(0, "Two", 1, 2).at(0, "Three", 2, 2, true);
  bench.meter.endLine();
  assert.equal(bench.text, "One:  50% (1/2)\r\nTwo:  50% (1/2)\r\nThree: 100% (2/2), done.\n");
});

test("GIT_PROGRESS_DELAY is in seconds, 1 unless it is a number", () => {
  assert.equal(progressDelay({ GIT_PROGRESS_DELAY: "0" }), 0);
  assert.equal(progressDelay({ GIT_PROGRESS_DELAY: "5" }), 5);
  assert.equal(progressDelay({ GIT_PROGRESS_DELAY: "soon" }), 1);
  assert.equal(progressDelay({}), 1);
});
