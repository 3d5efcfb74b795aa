/** Whether a process runs on this host. */

/** True if there is a process of that id, even one of another user's or one that ended and was not waited for yet. */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && "code" in error && error.code === "ESRCH");
  }
}
