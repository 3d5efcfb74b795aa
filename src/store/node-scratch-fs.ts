/** {@link ScratchFs} on the machine's disks. */

import { closeSync, mkdtempSync, openSync, realpathSync, symlinkSync, utimesSync, writeSync } from "node:fs";
import { rm } from "node:fs/promises";
import { bytesOfName, hasEscapedBytes } from "../bytes/name-text.js";
import { NodeFs } from "./node-fs.js";
import type { ScratchFs } from "./scratch-fs.js";
import { systemError } from "./system-error.js";

function nodePath(path: string): string | Buffer {
  return hasEscapedBytes(path) ? Buffer.from(bytesOfName(path)) : path;
}

/** {@link NodeFs}, and folders to be thrown away. */
export class NodeScratchFs extends NodeFs implements ScratchFs {
  async makeScratchFolder(parent: string): Promise<string> {
    try {
      return realpathSync.native(mkdtempSync(`${parent}/gitmidx-`));
    } catch (error) {
      throw systemError(error, "create a folder in", parent);
    }
  }

  async symlink(target: string, path: string): Promise<void> {
    try {
      symlinkSync(nodePath(target), nodePath(path));
    } catch (error) {
      throw systemError(error, "link", target, path);
    }
  }

  async createWithHole(path: string, head: Uint8Array, tail: Uint8Array, byteLength: number): Promise<void> {
    try {
      const fd = openSync(nodePath(path), "wx", 0o666);
      try {
        writeSync(fd, head, 0, head.length, 0);
        writeSync(fd, tail, 0, tail.length, byteLength - tail.length);
      } finally {
        closeSync(fd);
      }
    } catch (error) {
      throw systemError(error, "create", path);
    }
  }

  async setModificationTime(path: string, seconds: number): Promise<void> {
    try {
      utimesSync(nodePath(path), seconds, seconds);
    } catch (error) {
      throw systemError(error, "set the modification time of", path);
    }
  }

  async removeTree(path: string): Promise<void> {
    try {
      await rm(nodePath(path), { recursive: true, force: true, maxRetries: 3 });
    } catch (error) {
      throw systemError(error, "remove", path);
    }
  }
}
