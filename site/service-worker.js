// Keeps the page for use without network, and adds the headers of cross-origin isolation where the host does not send them.
// The build puts in what stands in capitals.

const cacheName = `softmax-simd-${VERSION}`;

self.addEventListener('install', (event) => {
  self.skipWaiting();
  event.waitUntil(caches.open(cacheName).then((cache) => cache.addAll(FILES)));
});

self.addEventListener('activate', (event) => event.waitUntil(activate()));

self.addEventListener('fetch', (event) => {
  const { method, url } = event.request;
  if (method === 'GET' && url.startsWith(self.registration.scope)) event.respondWith(answer(event.request));
});

async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith('softmax-simd-') && name !== cacheName);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** The page from the network where there is one, so that it is never an old one; the files, whose names change with them, from the cache. */
async function answer(request) {
  const cache = await caches.open(cacheName);
  if (request.mode !== 'navigate') return isolated((await cache.match(request)) ?? (await fetch(request)));
  const kept = async () => (await cache.match(request, { ignoreSearch: true })) ?? cache.match('./');
  return isolated(await fetch(request).catch(kept));
}

/** A redirect passes as it is: what it leads to comes by here again. */
function isolated(response) {
  if (response.type === 'opaqueredirect') return response;
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}
