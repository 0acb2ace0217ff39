// One HTML file without scripts or outside references: it reads the same offline, mailed or printed.

/**
 * @param {{ title: string, style?: string, body: string }} page  plain text, CSS and HTML
 * @returns {string}
 */
export function renderPage({ title, style = '', body }) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`;
}

/** @returns {string} a figure's number under its name, for a list of class "tiles" */
export function tile(value, name, detail) {
  return `<div><dt>${name}</dt><dd>${value}<small>${detail}</small></dd></div>`;
}

/** @returns {string} the picture, with a description for those who do not see it */
export function picture(description, svg) {
  return `<div class="picture" role="img" aria-label="${escapeHtml(description)}">${svg}</div>`;
}

export function countEpochs({ length }) {
  return `${length} epoch${length === 1 ? '' : 's'}`;
}

export function percent(fraction, places = 1) {
  return `${(fraction * 100).toFixed(places)} %`;
}

export function escapeHtml(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1f24; --muted: #59636e; --line: #dfe3e8; --cell: #f4f6f8; --card: #f7f8fa;
  --right: #1a63c4; --wrong: #c2410c; --other: #a3adb8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181d; --ink: #e8ebef; --muted: #9aa5b1; --line: #303740; --cell: #1c2127; --card: #1b2026;
    --right: #6cabff; --wrong: #ff8a4c; --other: #66717d;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; }
main { max-width: 65rem; margin: 0 auto; padding: 3rem 1.5rem 2rem; }
h1 { font-size: 2.1rem; line-height: 1.2; letter-spacing: -0.02em; margin: 0 0 0.75rem; text-wrap: balance; }
h2 { font-size: 1.4rem; line-height: 1.3; letter-spacing: -0.01em; margin: 3.5rem 0 1rem; text-wrap: balance; }
h3 { font-size: 1.05rem; margin: 2rem 0 0; }
h3 + p { margin: 0 0 0.75rem; color: var(--muted); }
h4 { font-size: 0.85rem; font-weight: 600; margin: 0 0 0.25rem; text-align: center; }
p { max-width: 46rem; }
.lead { font-size: 1.125rem; color: var(--muted); margin: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(10.5rem, 1fr)); gap: 0.75rem; margin: 2rem 0 0; }
.tiles div { background: var(--card); padding: 0.9rem 1.1rem; border-radius: 10px; }
dt { font-size: 0.85rem; color: var(--muted); }
dd { margin: 0; font-size: 1.7rem; line-height: 1.35; font-weight: 650; letter-spacing: -0.01em; font-variant-numeric: tabular-nums; }
dd small { display: block; font-size: 0.85rem; line-height: 1.4; font-weight: 400; letter-spacing: 0; color: var(--muted); }
figure { margin: 0; }
figcaption, .note { font-size: 0.9rem; color: var(--muted); max-width: 46rem; }
.picture svg { display: block; width: 100%; height: auto; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 0 3rem; }
.pair .picture { max-width: 36rem; margin-bottom: 0.75rem; }
.right, .wrong, .other { font-weight: 600; }
.right { color: var(--right); }
.wrong { color: var(--wrong); }
.other { color: var(--muted); }
@media (max-width: 52rem) {
  main { padding: 1.75rem 1rem; }
  h1 { font-size: 1.7rem; }
}
details { margin-top: 1rem; }
summary { cursor: pointer; color: var(--right); font-size: 0.95rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.9rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); padding: 0.75rem 0 0.4rem; }
th, td { padding: 0.35rem 0.7rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
tbody th { font-weight: 600; }
.figures th { text-align: left; font-weight: 400; white-space: normal; padding-left: 0; }
.figures td { font-weight: 600; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: 0.85rem; color: var(--muted); }
@media print { main { padding: 0; } h2 { break-after: avoid; } }
`;
