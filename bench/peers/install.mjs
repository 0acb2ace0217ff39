// Installs the peers where they are missing: exactly what package-lock.json names, without running their install scripts.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
if (!existsSync(new URL('node_modules', import.meta.url))) {
  console.log('installing TensorFlow.js and ONNX Runtime into bench/peers/node_modules: about 500 MB');
  const { status, error } = spawnSync('npm', ['ci', '--ignore-scripts'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) console.error(`npm ci: ${error.message}`);
  process.exitCode = status ?? 1;
}
