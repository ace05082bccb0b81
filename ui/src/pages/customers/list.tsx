import { Button, Stack, Text } from '@mantine/core';
import { IconDownload, IconUsers } from '@tabler/icons-react';
import { browserUrl } from '@/api/client';
import { useList } from '@/api/hooks';
import { useIsAdmin } from '@/api/session';
import type { Customer } from '@/api/types/order';
import { DataTable, EmptyState, FilterBar, PageHeader, When, count, useFilters, type Column } from '@/parts';
import { customerName } from '../orders/facts';
import { languageName } from '../orders/languages';
import { Spent } from './spent';

const columns: readonly Column<Customer>[] = [
  {
    key: 'who', title: 'Customer', card: 'title', width: '38%',
    cell: (c) => (
      <Stack gap={0}>
        <span>{customerName(c) || c.email || 'Without a name'}</span>
        {customerName(c) !== '' && (
          <Text size="xs" c="dimmed">
            {c.email}
          </Text>
        )}
      </Stack>
    ),
  },
  { key: 'orders', title: 'Orders', align: 'right', cell: (c) => count(c.orders) },
  { key: 'spent', title: 'Spent', align: 'right', cell: (c) => <Spent amounts={c.spent} />, card: 'aside' },
  { key: 'language', title: 'Language', cell: (c) => languageName(c.locale) ?? <Text span inherit c="dimmed">–</Text>, card: 'hide' },
  { key: 'last', title: 'Last order', align: 'right', cell: (c) => <When at={c.last_order_at} none="none" /> },
];

export default function Customers() {
  const filters = useFilters({ search: '' });
  const admin = useIsAdmin();
  const list = useList<Customer>('/customers', filters.values, { title: 'List customers' });
  return (
    <>
      <PageHeader
        title="Customers"
        lead="Everyone who bought something, with what they spent, fetched and were mailed."
        actions={
          admin && (
            <Button component="a" href={browserUrl('/reports/customers.csv')} download variant="default" leftSection={<IconDownload size={16} aria-hidden />}>
              Export CSV
            </Button>
          )
        }
      />
      <FilterBar filters={filters} fields={[{ key: 'search', label: 'Search customers', kind: 'search', placeholder: 'Name or e-mail address' }]} />
      <DataTable
        label="Customers"
        columns={columns}
        list={list}
        rowKey={(c) => c.id}
        rowHref={(c) => `/customers/${c.id}`}
        empty={
          filters.any ? (
            <EmptyState icon={IconUsers} title="Nobody is called that" action={<Button variant="default" onClick={filters.clear}>Clear the search</Button>}>
              The search finds parts of names and addresses.
            </EmptyState>
          ) : (
            <EmptyState icon={IconUsers} title="No customer yet">
              A customer is made by the first order of an address. Nobody has to sign up: they find their purchases again by e-mail and a code.
            </EmptyState>
          )
        }
      />
    </>
  );
}
