/** `gitmidx compat`. */

import { compareWithGits } from "../../ops/compat/compare-with-gits.js";
import { defineCommand, jsonOption, progressOption } from "../command.js";
import { JunitFile } from "../compat-report/junit-file.js";
import { makeReporter } from "../compat-report/reporter.js";
import { checkNames, openGits, openSubject, scratchPlace } from "../compat-subject.js";
import { exitStatus } from "../exit-status.js";
import { packageVersion } from "../package-version.js";

export const command = defineCommand({
  name: "compat",
  summary: "Compare gitmidx with the git on this machine",
  usage: [
    "[--git=<path>]... [--full] [--only=<check>]... [--scratch=<directory>]\n" +
      "[--junit=<file>] [--json] [--[no-]progress] [<repository>]",
  ],
  options: {
    git: { type: "list", argument: "path", help: "a git to compare with (default: git)", complete: "file" },
    full: { type: "flag", help: "compare also what takes as long as reading every object" },
    only: { type: "list", argument: "check", help: "make only this check" },
    scratch: { type: "value", argument: "directory", help: "where both write", complete: "directory" },
    junit: { type: "value", argument: "file", help: "write the report as JUnit XML too", complete: "file" },
    json: jsonOption,
    progress: progressOption,
  },
  argumentCount: { min: 0, max: 1 },
  completeArguments: "directory",
  async run(context) {
    const { options, stdout } = context;
    const only = checkNames(options.only);
    const { repository, subject } = await openSubject(context);
    let junit: JunitFile | undefined;
    try {
      const gits = await openGits(context, options.git, subject.place);
      junit = options.junit === undefined ? undefined : new JunitFile(context.resolve(options.junit));
      const { path: objectDirectory, format } = repository.objectDirectory;
      const head = { gitmidx: packageVersion(), objectDirectory, format: format.name };
      const reporter = await makeReporter(stdout, head, options.json === true);
      const report = await compareWithGits(subject, {
        ...context.task(),
        gits,
        full: options.full === true,
        only,
        scratch: scratchPlace(context, options.scratch),
        result: (result) => reporter.result(result),
      });
      await reporter.end(report);
      junit?.write(report);
      return report.counts.different > 0 ? exitStatus.found : exitStatus.done;
    } finally {
      junit?.close();
      await repository.close();
    }
  },
});
