/** The command line's entry: answers `--version` by itself, and loads everything else only when it is asked for. */

import { versionLine } from "./package-version.js";

/** Runs the command line `argv` (without node and script) and ends the process with its status. */
export async function main(argv: readonly string[]): Promise<void> {
  if (argv.length === 1 && (argv[0] === "--version" || argv[0] === "-v" || argv[0] === "version")) {
    process.stdout.on("error", endWithWriteFailure);
    process.stdout.write(versionLine());
    return;
  }
  const [{ runCommandLine }, { threadsEnded }] = await Promise.all([
    import("./run.js"),
    import("../env/node-workers.js"),
  ]);
  const status = await runCommandLine(argv);
  await threadsEnded();
  process.exit(status);
}

async function endWithWriteFailure(error: Error): Promise<void> {
  const [{ writeFailure }, { failureOf }] = await Promise.all([import("./output.js"), import("./exit-status.js")]);
  const { text, status } = failureOf(await writeFailure(error, "standard output"));
  process.stderr.write(text, () => process.exit(status));
}
