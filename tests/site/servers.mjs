// Two ways of serving the built page: as `npm run site` does, and as any host that knows nothing of it.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** @returns {Promise<{ url: string, close: () => Promise<void> }>} */
export async function serveAsSite() {
  const configFile = here('../../site/vite.config.mjs');
  const server = await preview({ configFile, logLevel: 'error', preview: { host: '127.0.0.1', port: 0 } });
  return { url: `http://127.0.0.1:${server.httpServer.address().port}/`, close: () => stop(server.httpServer) };
}

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
};

/**
 * In a folder, without headers of its own; /index.html is sent to the folder, as many hosts do.
 * @param {string[]} without files that it has not
 * @returns {Promise<{ url: string, close: () => Promise<void> }>}
 */
export async function servePlainly(without = []) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    if (pathname === '/folder/index.html') return response.writeHead(301, { Location: './' }).end();
    const file = normalize(pathname)
      .replace(/^\/folder\//, '')
      .replace(/^$/, 'index.html');
    try {
      if (without.includes(file)) throw new Error(`${file} is left out`);
      const body = await readFile(join(here('../../site/dist'), file));
      response.writeHead(200, { 'Content-Type': types[extname(file)] }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}/folder/`, close: () => stop(server) };
}

function stop(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
