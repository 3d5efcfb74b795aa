/** Everything about a folder that a program could change: names, bytes, permissions, times. */

import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";

/** A line for the folder and each thing below it, sorted: path, kind, mode, modification time, size, hash of the content. */
export function treeState(folder: string): readonly string[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
  return ["", ...names].map((name) => {
    const path = join(folder, name);
    const stat = lstatSync(path, { bigint: true });
    const content = stat.isFile() ? readFileSync(path) : stat.isSymbolicLink() ? readlinkSync(path) : "";
    const kind = stat.isFile() ? "file" : stat.isDirectory() ? "folder" : "other";
    const hash = createHash("sha256").update(content).digest("hex");
    return `${name} ${kind} ${stat.mode.toString(8)} ${stat.mtimeNs} ${stat.isFile() ? stat.size : ""} ${hash}`;
  });
}
