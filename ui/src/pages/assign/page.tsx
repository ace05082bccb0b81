// Giving products to people without a sale: one by hand, or thousands by CSV.
import { Anchor, Button, FileButton, Group, Stack, Switch, Text, Textarea, TextInput } from '@mantine/core';
import { IconFileTypeCsv, IconGift } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { Link } from 'react-router';
import { sentence, type Call } from '@/api/client';
import { useWrite } from '@/api/hooks';
import type { Assigned } from '@/api/types/report';
import { CallButton, DataTable, EmptyState, ErrorAlert, PageHeader, plural, ProductPicker, Section, StatePill, type Column } from '@/parts';
import { rowsOf, type Row } from './rows';

const most = 5000;

export default function Assign() {
  const [product, setProduct] = useState<string | null>(null);
  const [text, setText] = useState('');
  const [until, setUntil] = useState('');
  const [mail, setMail] = useState(true);
  const rows = useMemo(() => rowsOf(text, product ?? '', until), [text, product, until]);
  const describe = (some: readonly Row[]): Call => ({ method: 'POST', path: '/assignments', body: { rows: some, send_email: mail }, title: 'Give products to people' });
  const give = useWrite<readonly Row[], Assigned[]>(describe, { refresh: ['/orders', '/customers', '/overview'], quiet: true });
  const [done, setDone] = useState<{ row: Row; result: Assigned }[]>([]);
  const ready = rows.length > 0 && rows.every((r) => r.digital_product_id !== '');
  const run = async () => {
    const all: { row: Row; result: Assigned }[] = [];
    setDone([]);
    try {
      for (let at = 0; at < rows.length; at += most) {
        const some = rows.slice(at, at + most);
        const results = await give.runAsync(some);
        for (const result of results) {
          const row = some[result.row];
          if (row) all.push({ row, result });
        }
        setDone([...all]);
      }
    } catch {
      // The error stands above the button; what was given before it is listed.
    }
  };
  return (
    <>
      <PageHeader title="Assign products" lead="Gives products to people without a sale: to a class, to reviewers, to those who bought elsewhere. Each becomes an order that was approved at once, at no price." />
      <Section title="Who gets what">
        <form
          onSubmit={(e) => {
            e.preventDefault();
            void run();
          }}
        >
          <Stack>
            <ProductPicker label="Product" value={product} onChange={setProduct} w={{ base: '100%', xs: 420 }} />
            <Textarea
              label="People"
              description="An address on each line, or a CSV with the columns email, firstname, lastname, digital_product_id, expires_at; a row's own product and date come first."
              autosize
              minRows={4}
              maxRows={14}
              styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
              placeholder={'ana@example.org\nbo@example.net'}
              value={text}
              onChange={(e) => setText(e.currentTarget.value)}
            />
            <Group align="flex-end">
              <FileButton accept=".csv,.txt,text/csv,text/plain" onChange={(f) => f && void f.text().then(setText)}>
                {(props) => (
                  <Button {...props} variant="default" leftSection={<IconFileTypeCsv size={16} aria-hidden />}>
                    Choose a CSV
                  </Button>
                )}
              </FileButton>
              <TextInput label="Access ends on" description="Empty is as the product says." type="date" value={until} onChange={(e) => setUntil(e.currentTarget.value)} />
            </Group>
            <Switch label="Send each the delivery e-mail" checked={mail} onChange={(e) => setMail(e.currentTarget.checked)} />
            <ErrorAlert error={give.error} />
            <Group justify="space-between">
              <CallButton call={() => describe(rows.slice(0, 3))} />
              <Button type="submit" loading={give.busy} disabled={!ready}>
                {rows.length === 0 ? 'Assign' : `Assign to ${plural(rows.length, 'person', 'people')}`}
              </Button>
            </Group>
            {rows.length > 0 && !ready && (
              <Text size="sm" c="dimmed">
                Choose a product, or bring a column digital_product_id.
              </Text>
            )}
          </Stack>
        </form>
      </Section>
      {done.length > 0 && <Results done={done} />}
    </>
  );
}

type Done = { row: Row; result: Assigned };

const columns: readonly Column<Done>[] = [
  { key: 'email', title: 'Person', cell: ({ row }) => row.email },
  { key: 'state', title: 'State', cell: ({ result }) => (result.error ? <StatePill tone="red">Refused</StatePill> : <StatePill tone="green">Given</StatePill>), card: 'aside' },
  {
    key: 'what',
    title: 'Order',
    cell: ({ result }) =>
      result.error ? (
        [result.error.message, ...result.error.details.map((d) => `${d.field} ${d.message}`)].map(sentence).join(' ')
      ) : (
        <Anchor component={Link} to={`/orders/${result.order_id ?? ''}`} size="sm">
          Open the order
        </Anchor>
      ),
  },
];

function Results({ done }: { done: readonly Done[] }) {
  const refused = done.filter((d) => d.result.error !== null);
  const shown = [...refused, ...done.filter((d) => d.result.error === null)].slice(0, 200);
  return (
    <Section title={`${plural(done.length - refused.length, 'order')} created${refused.length > 0 ? `, ${plural(refused.length, 'row')} refused` : ''}`} flush>
      <DataTable label="What became of each row" columns={columns} list={{ rows: shown }} rowKey={(d) => String(d.result.row) + d.row.email} empty={<EmptyState icon={IconGift} title="Nothing given" />} />
    </Section>
  );
}
