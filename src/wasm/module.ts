// What an import of a `.wasm` file of this package gives where the host compiles it (Cloudflare Workers, Next.js with `?module`); only its
// declaration is shipped.

declare const module: WebAssembly.Module;
export default module;
