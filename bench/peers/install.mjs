// Installs the peers where they are missing: exactly what package-lock.json names, without running their install scripts.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
const isInstalled = (name) => existsSync(new URL(`node_modules/${name}/package.json`, import.meta.url));
if (!Object.keys(dependencies).every(isInstalled)) {
  console.log('installing TensorFlow.js, ONNX Runtime and transformers.js into bench/peers/node_modules: about 700 MB');
  const { status, error } = spawnSync('npm', ['ci', '--ignore-scripts'], {
    cwd: folder,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  if (error) console.error(`npm ci: ${error.message}`);
  process.exitCode = status ?? 1;
}
