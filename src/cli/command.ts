/** One of the commands. */
export interface Command {
  /** What it does, in a line. */
  readonly summary: string;
  /** What `--help` prints. */
  readonly help: string;
  /**
   * @param args what stands after its name
   * @returns the exit code
   * @throws UsageError, RunError, and what the library throws
   */
  run(args: string[]): number | Promise<number>;
}
