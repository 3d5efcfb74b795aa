/** Files in memory that are fetched piece by piece, as from a server. */

import type { FetchedFiles } from "../../src/store/fetched-fs.js";
import type { Fixture } from "./midx-fixtures.js";

/** Serves a fixture's files below `pack/`; `log` gets every fetch as `path offset byteLength`. */
export function fixtureFiles({ files }: Pick<Fixture, "files">, log: string[] = []): FetchedFiles {
  return {
    async open(path) {
      const bytes = files.get(path.replace(/^pack\//, ""));
      if (bytes === undefined || !path.startsWith("pack/")) return undefined;
      const fetch = async (offset: number, byteLength: number) => {
        log.push(`${path} ${offset} ${byteLength}`);
        return bytes.slice(offset, offset + byteLength);
      };
      return { size: bytes.length, fetch };
    },
    async list(path) {
      return path === "pack" ? [...files.keys()].filter((name) => !name.includes("/")) : [];
    },
  };
}
