// Checks the rows against code and tests, and writes the page. Must never write a row that names what is not there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const VERDICTS = ['same', 'adapted', 'beyond', 'left out'];

/** Sections as in rows/*.mjs, the code, and the folder tests are looked for in. Throws with everything wrong at once. */
export function renderDocument(sections, code, root) {
  const problems = [];
  const texts = new Map();
  const shows = (section, name, [file, title] = []) => {
    if (file === undefined) return problems.push(`${section.title}, ${name}: names no test`);
    if (!texts.has(file)) texts.set(file, existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '');
    const found = ["'", '`', '"'].some((quote) => texts.get(file).includes(`${quote}${title}${quote}`));
    if (!found) problems.push(`${section.title}, ${name}: no test ${JSON.stringify(title)} in ${file}`);
  };
  const tables = sections.map((section) => {
    const rows = [...section.rows.map((row) => readRow(row, section, code, problems)), ...additional(section, code)];
    for (const row of rows) shows(section, row.name, row.test);
    return tableOf(section, rows);
  });
  if (problems.length > 0) throw new Error(`the rows in tools/parity/rows do not hold:\n- ${problems.join('\n- ')}`);
  return `${INTRODUCTION}\n${count(tables)}\n${tables.map(({ text }) => text).join('\n')}`;
}

const INTRODUCTION = `# rocketmq-spring and nest-rocketmq, row by row

<!-- Written by \`npm run parity\` from the code and tools/parity/rows; the tests check that it is up to date. -->

Everything rocketmq-spring 2.3.5 offers its users (the v4 starter; attributes that are on its main branch only are marked), and what became of
it here. **same**: same name, meaning, default and unit. **adapted**: there, with a difference that is told. **beyond**: only here. **left
out**: not there, and why. Each row names a test that shows it; attributes, properties and methods are looked up in the code, so a row cannot
outlive what it describes. How to move an application: [guides/spring-migration.md](guides/spring-migration.md).
`;

/** A row of data: `{ spring, name?, default?, verdict, why?, test, inherits? }`. `name` is what it is called here; `inherits`: what is
 * left out comes from elsewhere, so that defaults are not compared. */
function readRow(row, section, code, problems) {
  const name = row.name ?? row.spring;
  const at = `${section.title}, ${row.spring ?? name}`;
  if (!VERDICTS.includes(row.verdict)) problems.push(`${at}: ${row.verdict} is no verdict`);
  if (row.verdict !== 'same' && row.why === undefined) problems.push(`${at}: ${row.verdict} needs a why`);
  if (row.verdict === 'left out') return { ...row, name };
  const here = lookUp(name, section.of, code, section.defaults);
  if (here === undefined) problems.push(`${at}: ${section.of} has no ${name}`);
  for (const needed of row.exports ?? []) if (!code.isExported(needed)) problems.push(`${at}: nest-rocketmq exports no ${needed}`);
  const ours = here?.default;
  if (row.verdict === 'same' && !row.inherits && ours !== undefined && row.default !== undefined && ours !== row.default) {
    problems.push(`${at}: "same", but the default is ${ours} and Spring's ${row.default}`);
  }
  return { ...row, name, here: row.verdict === 'adapted' && !row.inherits && ours !== row.default ? ours : undefined };
}

/** What the code says of a member: its default, from the table of defaults or else from its comment. Undefined: no such member. */
function lookUp(name, of, code, defaults) {
  if (of === undefined) return {};
  const member = code.membersOf(of).get(name);
  if (member === undefined) return undefined;
  const written = defaults === undefined ? undefined : code.valuesOf(defaults).get(name);
  return { default: written ?? /\bDefault `?([\w*"-]+)/.exec(member.doc)?.[1] };
}

/** Members without a row are beyond Spring; each must be told the test of it, or null while it has none: then it is not told of. */
function additional({ of, rows, beyond }, code) {
  if (beyond === undefined) return [];
  const told = new Set(rows.map((row) => row.name ?? row.spring));
  return [...code.membersOf(of)]
    .filter(([name]) => !told.has(name) && beyond[name] !== null)
    .map(([name, { doc }]) => ({ name, verdict: 'beyond', why: firstSentence(doc), test: beyond[name] }));
}

const firstSentence = (doc) => /^.*?[.:](?=\s|$)/.exec(doc)?.[0].replace(/:$/, '.') ?? doc;

const HEAD = ['rocketmq-spring', 'default', '', 'here', 'shown by'];

function tableOf({ title, text, of, call, prefix = '' }, rows) {
  const lines = rows.map((row) => {
    const word = row.spring === undefined || row.plain ? (row.spring ?? '') : `\`${row.spring}\``;
    const spring = row.note === undefined ? word : `${word} (${row.note})`;
    const isNamed =
      (row.spring === undefined && of !== undefined) ||
      (!call && of !== undefined && row.verdict !== 'left out' && row.name !== row.spring);
    const notes = [
      isNamed ? `\`${prefix}${row.name}${call ? '()' : ''}\`` : undefined,
      row.here === undefined ? undefined : `default \`${row.here}\``,
      row.why,
    ].filter((note) => note !== undefined && note !== '');
    const [file = '', testTitle = ''] = row.test ?? [];
    const defaultValue = row.default === undefined || row.default === '' ? '' : `\`${row.default}\``;
    return [spring, defaultValue, `**${row.verdict}**`, notes.join('; '), `${file.split('/').at(-1)}: ${testTitle}`];
  });
  const cells = (values) => `| ${values.map((value) => String(value).replaceAll('|', '\\|')).join(' | ')} |`;
  const table = [cells(HEAD), cells(HEAD.map(() => '---')), ...lines.map(cells)].join('\n');
  return { rows, text: `## ${title}\n\n${text === undefined ? '' : `${text}\n\n`}${table}\n` };
}

function count(tables) {
  const all = tables.flatMap(({ rows }) => rows);
  const of = (verdict) => all.filter((row) => row.verdict === verdict).length;
  return `${all.length} rows: ${VERDICTS.map((verdict) => `${of(verdict)} ${verdict}`).join(', ')}.\n`;
}
