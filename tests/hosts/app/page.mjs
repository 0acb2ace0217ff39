// A page, and a web worker of it as bundlers know them.

import { check } from './check.mjs';

async function run() {
  const worker = new Worker(new URL('./worker.mjs', import.meta.url), { type: 'module' });
  const answer = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  });
  return JSON.stringify({ page: await check(), worker: await answer });
}

function show(text, title) {
  document.body.textContent = text;
  document.title = title;
}

run().then(
  (text) => show(text, 'done'),
  (error) => show(error, 'failed'),
);
