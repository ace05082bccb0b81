// JSON to look at: whole, and as the difference of two.
import { Text } from '@mantine/core';
import { words } from './state-pill';
import { CopyButton } from './copy-button';
import classes from './json.module.css';

/** A value as indented text; text that is JSON is indented too. */
export function pretty(value: unknown): string {
  if (typeof value !== 'string') return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value;
  }
}

export function JsonBlock({ value, label }: { value: unknown; label: string }) {
  const text = pretty(value);
  return (
    <div className={classes.block}>
      <div className={classes.copy}>
        <CopyButton value={text} label={`Copy ${label}`} />
      </div>
      <pre tabIndex={0} aria-label={label}>
        {text}
      </pre>
    </div>
  );
}

type Fields = Readonly<Record<string, unknown>>;

/** What changed, field by field. Null before is "made", null after is "gone". */
export function JsonDiff({ before, after }: { before: Fields | null; after: Fields | null }) {
  const old = flat(before);
  const now = flat(after);
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
  if (names.length === 0) return <Text size="sm" c="dimmed">No field was recorded.</Text>;
  return (
    <table className={classes.diff}>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Before</th>
          <th scope="col">After</th>
        </tr>
      </thead>
      <tbody>
        {names.map((n) => (
          <tr key={n}>
            <th scope="row" title={n}>
              {n.split('.').map(words).join(' › ')}
            </th>
            <td>{n in old ? <del>{short(old[n])}</del> : <span className={classes.none}>–</span>}</td>
            <td>{n in now ? <ins>{short(now[n])}</ins> : <span className={classes.none}>–</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function flat(fields: Fields | null, prefix = ''): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) Object.assign(out, flat(value as Fields, `${prefix}${name}.`));
    else out[prefix + name] = value;
  }
  return out;
}

function short(value: unknown): string {
  if (value === null || value === '') return 'empty';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((v) => (typeof v === 'object' ? JSON.stringify(v) : String(v))).join(', ');
  return String(value);
}
