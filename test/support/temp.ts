/** Folders that are gone when the test process ends. */

import { chmodSync, lstatSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];

function makeRemovable(path: string): void {
  const entry = lstatSync(path);
  if (!entry.isDirectory()) return;
  chmodSync(path, 0o700);
  for (const name of readdirSync(path)) makeRemovable(join(path, name));
}

function removeAll(): void {
  for (const path of made) {
    try {
      rmSync(path, { recursive: true, force: true });
    } catch {
      makeRemovable(path);
      rmSync(path, { recursive: true, force: true });
    }
  }
}

/**
 * A new empty folder, removed when the process ends, whatever its modes are by then. With GITMIDX_KEEP set it stays and its path
 * is printed.
 */
export function makeTempFolder(label = "test"): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `gitmidx-${label}-`)));
  if (process.env.GITMIDX_KEEP) process.stderr.write(`kept: ${path}\n`);
  else if (made.push(path) === 1) process.on("exit", removeAll);
  return path;
}
