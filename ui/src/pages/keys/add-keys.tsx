// New keys: pasted, from a CSV, or made by the server.
import { Alert, Button, FileButton, Group, NumberInput, SegmentedControl, Select, Text, Textarea, TextInput } from '@mantine/core';
import { IconFileTypeCsv } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import type { Call } from '@/api/client';
import { useWrite } from '@/api/hooks';
import type { KeyTag, LicenseKey } from '@/api/types/key';
import { count, FormModal, plural } from '@/parts';
import { heading, parseCsv } from '@/parts/csv';

interface Props {
  opened: boolean;
  close: () => void;
  tags: readonly KeyTag[];
}

interface Batch {
  keys: string[];
  tag: string;
  duplicates: string;
}

interface Added {
  created: number;
  skipped: number;
  keys: LicenseKey[];
}

/** The server takes this many in a call; more go in several. */
const most = 5000;
const touched = ['/license-key', '/overview'];

export function AddKeys({ opened, close, tags }: Props) {
  const [way, setWay] = useState('import');
  const [tag, setTag] = useState('');
  const fields = (
    <>
      <SegmentedControl
        fullWidth
        aria-label="Where the keys come from"
        value={way}
        onChange={setWay}
        data={[
          { value: 'import', label: 'Import' },
          { value: 'generate', label: 'Generate' },
        ]}
      />
      <TextInput label="Tag" description="Keys of a tag are one stock; a product names the tag it sells. Empty is a stock, too." list="all-key-tags" value={tag} onChange={(e) => setTag(e.currentTarget.value)} maxLength={120} />
      <datalist id="all-key-tags">{tags.map((t) => t.tag !== '' && <option key={t.tag} value={t.tag} />)}</datalist>
    </>
  );
  return way === 'import' ? <Import opened={opened} close={close} tag={tag} fields={fields} /> : <Generate opened={opened} close={close} tag={tag} fields={fields} />;
}

interface WayProps {
  opened: boolean;
  close: () => void;
  tag: string;
  fields: React.ReactNode;
}

function Import({ opened, close, tag, fields }: WayProps) {
  const [text, setText] = useState('');
  const [duplicates, setDuplicates] = useState('skip');
  const [sent, setSent] = useState(0);
  const keys = useMemo(() => keysOf(text), [text]);
  const describe = (b: Batch): Call => ({ method: 'POST', path: '/license-keys', body: { keys: b.keys, ...(b.tag === '' ? {} : { tag: b.tag }), duplicates: b.duplicates }, title: 'Add licence keys' });
  const add = useWrite<Batch, Added>(describe, { refresh: touched, quiet: true });
  const [done, setDone] = useState<{ created: number; skipped: number } | null>(null);
  const run = async () => {
    let created = 0;
    let skipped = 0;
    setDone(null);
    try {
      for (let at = 0; at < keys.length; at += most) {
        const r = await add.runAsync({ keys: keys.slice(at, at + most), tag: tag.trim(), duplicates });
        created += r.created;
        skipped += r.skipped;
        setSent(Math.min(keys.length, at + most));
        setDone({ created, skipped });
      }
      setText('');
    } catch {
      // The error stands in the dialog; what went before is said beside it.
    }
  };
  return (
    <FormModal
      title="Add licence keys"
      opened={opened}
      close={close}
      submit={keys.length === 0 ? 'Import keys' : `Import ${plural(keys.length, 'key')}`}
      onSubmit={() => void run()}
      call={() => describe({ keys: keys.slice(0, 3), tag: tag.trim(), duplicates })}
      busy={add.busy}
      error={add.error}
      disabled={keys.length === 0}
    >
      {fields}
      <Textarea
        label="Keys"
        description="One on each line, or a CSV whose first column, or the column “key”, holds them. Up to 255 characters each."
        autosize
        minRows={5}
        maxRows={12}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
        data-autofocus
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
      />
      <Group justify="space-between" align="flex-end">
        <FileButton accept=".csv,.txt,text/csv,text/plain" onChange={(f) => f && void f.text().then(setText)}>
          {(props) => (
            <Button {...props} variant="default" leftSection={<IconFileTypeCsv size={16} aria-hidden />}>
              Choose a CSV
            </Button>
          )}
        </FileButton>
        <Select
          label="Keys that are here already"
          data={[
            { value: 'skip', label: 'are left out' },
            { value: 'create', label: 'come in again' },
            { value: 'fail', label: 'stop the import' },
          ]}
          value={duplicates}
          onChange={(v) => setDuplicates(v ?? 'skip')}
        />
      </Group>
      {add.busy && keys.length > most && <Text size="sm">{count(sent)} of {count(keys.length)} sent</Text>}
      {done && (
        <Alert color="pine" variant="light" role="status">
          {plural(done.created, 'key')} added{done.skipped > 0 ? `, ${count(done.skipped)} were here already` : ''}.
        </Alert>
      )}
    </FormModal>
  );
}

/** The keys of a text or a table: of the column "key" where there is one, else of the first. */
export function keysOf(text: string): string[] {
  const rows = parseCsv(text);
  const [head] = rows;
  const named = head?.findIndex((cell) => ['key', 'licensekey', 'licencekey', 'serial', 'code'].includes(heading(cell))) ?? -1;
  const body = named >= 0 ? rows.slice(1) : rows;
  return body.map((row) => row[Math.max(0, named)] ?? '').filter((key) => key !== '');
}

interface Wanted {
  count: number;
  tag: string;
  pattern: string;
}

function Generate({ opened, close, tag, fields }: WayProps) {
  const [number, setNumber] = useState<number | string>(100);
  const [pattern, setPattern] = useState('XXXXX-XXXXX-XXXXX-XXXXX');
  const describe = (w: Wanted): Call => ({ method: 'POST', path: '/license-keys/generate', body: { count: w.count, ...(w.tag === '' ? {} : { tag: w.tag }), pattern: w.pattern }, title: 'Generate licence keys' });
  const wanted = { count: Number(number) || 0, tag: tag.trim(), pattern: pattern.trim() };
  const make = useWrite<Wanted, Added>(describe, { done: (r) => `${plural(r.created, 'key')} made`, refresh: touched, quiet: true, then: close });
  const wrong = make.error?.fields ?? {};
  return (
    <FormModal
      title="Add licence keys"
      opened={opened}
      close={close}
      submit={`Generate ${plural(wanted.count, 'key')}`}
      onSubmit={() => make.run(wanted)}
      call={() => describe(wanted)}
      busy={make.busy}
      error={make.error}
      disabled={wanted.count < 1}
    >
      {fields}
      <Group grow align="flex-start">
        <NumberInput label="How many" description="At most 5,000 at once." min={1} max={most} value={number} onChange={setNumber} error={wrong['count']} />
        <TextInput label="Pattern" description="Each X becomes a letter or digit; no look-alikes." value={pattern} onChange={(e) => setPattern(e.currentTarget.value)} className="mono" error={wrong['pattern']} />
      </Group>
    </FormModal>
  );
}
