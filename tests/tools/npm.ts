import process from 'node:process';

/** The environment without what an npm that runs the tests was told: `npm publish --dry-run` would have `npm pack` write nothing. */
export const withoutNpmSettings = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^npm_config_/i.test(name)),
);
