/** `node make-packs-process.js FOLDER SPEC`: {@link makePacks} as a process. */

import { makePacks } from "./make-packs.js";

const [folder, spec] = process.argv.slice(2);
if (folder === undefined || spec === undefined) throw new TypeError("usage: make-packs-process.js FOLDER SPEC");
makePacks(folder, JSON.parse(spec));
