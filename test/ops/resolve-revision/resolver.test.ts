import assert from "node:assert/strict";
import { test } from "node:test";
import { toHex } from "../../../src/core/oid.js";
import { openRepository } from "../../../src/node.js";
import { gitEnvironment } from "../../support/gits.js";
import { makeOddRepository } from "../../support/odd-repository.js";

test("a program resolves revisions without knowing how refs are kept", async () => {
  const odd = makeOddRepository();
  const repository = await openRepository({ cwd: odd.path, env: gitEnvironment() });
  try {
    for (const revision of ["HEAD", "main~1^{tree}", "nested^{}", "HEAD:dir/inner", "@{u}", "side@{1}"]) {
      const found = await repository.resolveRevision(revision);
      assert.equal(
        found.outcome === "found" ? toHex(found.oid) : found.outcome,
        odd.run("rev-parse", revision),
        revision,
      );
    }
    assert.deepEqual(await repository.resolveRevision("nope"), { outcome: "missing" });
    await assert.rejects(repository.resolveRevision("main@{99}"), { code: "bad-revision" });
    await assert.rejects(repository.resolveRevision("main@{yesterday}"), { code: "unsupported" });
    await assert.rejects(repository.resolveRevision("main^{/text}"), { code: "unsupported" });
    await assert.rejects(repository.resolveRevision(":/text"), { code: "unsupported" });
  } finally {
    await repository.close();
  }
});

test("what git would say of a revision is a warning", async () => {
  const odd = makeOddRepository();
  const repository = await openRepository({ cwd: odd.path, env: gitEnvironment() });
  const warnings: string[] = [];
  repository.on("warning", (text) => void warnings.push(text));
  await repository.resolveRevision("v1");
  assert.deepEqual(warnings, ["refname 'v1' is ambiguous."]);
  await repository.close();
});
