import { SingleBar } from 'cli-progress';

/** A bar on standard error where that is a terminal, nothing elsewhere: standard output is for results. */
export interface Progress {
  update(value: number, what?: string): void;
  stop(): void;
}

/** `total`: what `update` ends with; `what`: what is going on. */
export function createProgress(total: number, what: string): Progress {
  if (!process.stderr.isTTY || total <= 0) return { update() {}, stop() {} };
  const bar = new SingleBar({
    stream: process.stderr,
    format: '{what} |{bar}| {percentage} %',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    clearOnComplete: true,
    linewrap: true, // turned off, it would stay so after an interrupt
  });
  bar.start(total, 0, { what });
  return {
    update: (value, now) => bar.update(value, now === undefined ? {} : { what: now }),
    stop: () => bar.stop(),
  };
}
