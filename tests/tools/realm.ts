// Another realm: its arrays and maps are of other classes than this one's.

type Realm = Pick<typeof globalThis, 'Float32Array' | 'Map'>;

/** In a browser that of a frame, in Node.js that of a context. */
export async function anotherRealm(): Promise<Realm> {
  if (typeof document === 'object') {
    const frame = document.body.appendChild(document.createElement('iframe'));
    return frame.contentWindow as unknown as Realm;
  }
  const { runInNewContext } = await import('node:vm');
  return runInNewContext('({ Float32Array, Map })');
}
