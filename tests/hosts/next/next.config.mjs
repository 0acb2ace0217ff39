// Turbopack follows no link that leads out of this folder; those to the installed packages do.
export default { turbopack: { root: '/' } };
