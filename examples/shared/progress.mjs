import { SingleBar } from 'cli-progress';

const LINES = 6;

/**
 * A bar on a terminal, a few plain lines elsewhere.
 *
 * @param {number} epochs
 * @param {NodeJS.WriteStream} [stream]
 * @returns {{ update: (epoch: number, status: string) => void, stop: () => void }}
 */
export function createProgress(epochs, stream = process.stdout) {
  return stream.isTTY ? createBar(epochs, stream) : createLines(epochs, stream);
}

function createBar(epochs, stream) {
  const bar = new SingleBar({
    stream,
    format: 'epoch {value} of {total} |{bar}| {status}',
    barCompleteChar: '█',
    barIncompleteChar: '░',
    barsize: 30,
    linewrap: true, // turned off, it would stay so after an interrupt; so would a hidden cursor
  });
  bar.start(epochs, 0, { status: '–' });
  return {
    update: (epoch, status) => bar.update(epoch, { status }),
    stop: () => bar.stop(),
  };
}

function createLines(epochs, stream) {
  const every = Math.ceil(epochs / LINES);
  return {
    update(epoch, status) {
      if (epoch !== 1 && epoch !== epochs && epoch % every !== 0) return;
      stream.write(`epoch ${epoch} of ${epochs}: ${status}\n`);
    },
    stop() {},
  };
}
