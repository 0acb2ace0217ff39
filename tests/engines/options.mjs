// The options of the commands that run over whatever there is: engines, browsers, hosts.

import { parseArgs } from 'node:util';

/**
 * Reads the command line; `--help` ends the process.
 * @param {object} about
 * @param {string} about.command as `npm run` knows it
 * @param {string} about.kind what the names are of: its option chooses among them
 * @param {readonly string[]} about.names
 * @param {string} [about.usage] what may follow the options
 * @param {string} [about.installs] where what is missing goes to
 * @param {readonly string[]} [about.more] lines of help on further options, and on the rest
 * @param {Record<string, { type: 'boolean' | 'string', default?: boolean }>} [about.options] the further options
 * @param {boolean} [about.allowPositionals]
 * @returns {{ values: Record<string, any>, positionals: string[], how: { install: boolean }, isWanted: (name: string) => boolean, isRequired: (name: string) => boolean }}
 * @throws RangeError for a name that is none
 */
export function chosen({
  command,
  kind,
  names,
  usage = '',
  installs,
  more = [],
  options = {},
  allowPositionals = false,
}) {
  const { values, positionals } = parseArgs({
    allowPositionals,
    options: {
      [kind]: { type: 'string', multiple: true, default: [...names] },
      require: { type: 'string', multiple: true, default: [] },
      'no-install': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
      ...options,
    },
  });
  if (values.help) {
    const places =
      installs ?? "npm packages go to the user's cache folder, and Debian packages in place if run by root";
    const lines = [
      `npm run ${command} -- [options]${usage}`,
      `  ${`--${kind} NAME`.padEnd(16)}  only this one; may be given more than once: ${names.join('; ')}`,
      '  --require NAME    an error if this one is not available; "all" for every one',
      `  --no-install      use what is there: else ${places}`,
      ...more,
    ];
    console.log(lines.join('\n'));
    process.exit();
  }
  for (const name of [...values[kind], ...values.require]) {
    if (name === 'all' || names.includes(name)) continue;
    throw new RangeError(`${command}: ${name} is no ${kind}; allowed are ${names.join('; ')}.`);
  }
  return {
    values,
    positionals,
    how: { install: !values['no-install'] },
    isWanted: (name) => values[kind].includes(name),
    isRequired: (name) => values.require.includes(name) || values.require.includes('all'),
  };
}
