// A page, and a web worker of it as bundlers know them.

import { check } from './check.mjs';

const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
const answer = new Promise((resolve, reject) => {
  worker.onmessage = ({ data }) => resolve(data);
  worker.onerror = ({ message }) => reject(new Error(message));
});
try {
  document.body.textContent = JSON.stringify({ page: await check(), worker: await answer });
  document.title = 'done';
} catch (error) {
  document.body.textContent = error;
  document.title = 'failed';
}
