// The report of sales, and the tables that can be taken along.
import { Button, Group, SimpleGrid, Text } from '@mantine/core';
import { IconDownload, IconReportAnalytics } from '@tabler/icons-react';
import { browserUrl, type Page, type Query } from '@/api/client';
import { useList } from '@/api/hooks';
import { useShop } from '@/api/session';
import type { Sale, SaleTotal } from '@/api/types/report';
import { count, DataTable, EmptyState, Figure, Figures, FilterBar, Money, money, PageHeader, Section, ServerState, StatePill, useFilters, When, type Column } from '@/parts';
import classes from './reports.module.css';

const columns: readonly Column<Sale>[] = [
  {
    key: 'order',
    title: 'Order',
    cell: (s) => (
      <>
        {s.order_name} {s.renewal && <StatePill tone="blue">Renewal</StatePill>}
      </>
    ),
  },
  { key: 'customer', title: 'Customer', width: '15%', cell: (s) => <Text span inherit lineClamp={2} className={classes.give!}>{s.customer.name ?? s.customer.email ?? ''}</Text> },
  { key: 'product', title: 'Product', width: '24%', cell: (s) => <Text span inherit lineClamp={2} className={classes.give!}>{s.quantity > 1 ? `${count(s.quantity)} × ${s.digital_product.name}` : s.digital_product.name}</Text> },
  { key: 'state', title: 'State', cell: (s) => <ServerState value={s.financial_status} />, card: 'hide' },
  { key: 'when', title: 'Paid', cell: (s) => <When at={s.paid_at} /> },
  { key: 'gross', title: 'Gross', align: 'right', cell: (s) => <Money cents={s.gross_cents} currency={s.currency} />, card: 'hide' },
  { key: 'refunded', title: 'Refunded', align: 'right', cell: (s) => (s.refunded_cents === 0 ? '' : <Money cents={-s.refunded_cents} currency={s.currency} />), card: 'hide' },
  { key: 'net', title: 'Net', align: 'right', cell: (s) => <Money cents={s.net_cents} currency={s.currency} />, card: 'aside' },
];

export default function Reports() {
  const filters = useFilters({ start: '', end: '', type: '', currency: '' });
  const shop = useShop();
  const query: Query = filters.values;
  const list = useList<Sale, Page<Sale> & { totals: SaleTotal[] }>('/reports/sales', query, { title: 'Report of sales' });
  const period = { start: filters.values.start, end: filters.values.end };
  const found = list.first?.totals ?? [];
  const totals = found.length > 0 ? [...found].sort((a, b) => Number(b.currency === shop.currency) - Number(a.currency === shop.currency)) : [{ currency: shop.currency, rows: 0, gross_cents: 0, refunded_cents: 0, net_cents: 0 }];
  return (
    <>
      <PageHeader title="Reports" lead="Days are those of the shop's time zone. Permission orders give something away and are no sales." />
      <FilterBar
        fields={[
          { key: 'start', label: 'First day', kind: 'date', placeholder: 'From' },
          { key: 'end', label: 'Last day', kind: 'date', placeholder: 'Until' },
          {
            key: 'type',
            label: 'Kind of sale',
            kind: 'select',
            placeholder: 'Any kind of sale',
            options: [
              { value: 'none', label: 'Of stores and the API' },
              { value: 'sale', label: 'Checkout sales' },
              { value: 'report', label: 'Reported sales' },
            ],
          },
        ]}
        filters={filters}
      />
      {totals.map((t) => (
        <Figures key={t.currency}>
          <Figure label={`Net, ${t.currency}`} value={money(t.net_cents, t.currency)} loading={list.loading} />
          <Figure label="Gross" value={money(t.gross_cents, t.currency)} loading={list.loading} />
          <Figure label="Refunded" value={money(t.refunded_cents, t.currency)} loading={list.loading} />
          <Figure label="Sales" value={count(t.rows)} loading={list.loading} />
        </Figures>
      ))}
      <Section title="Take your data along" lead="Complete tables, however long; they are written while they come. For spreadsheets: cells that would run as formulas are defused.">
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {tables.map((t) => (
            <Group key={t.path} justify="space-between" wrap="nowrap" className="card" p="sm">
              <div>
                <Text size="sm" fw={560}>
                  {t.label}
                </Text>
                <Text size="xs" c="dimmed">
                  {t.about}
                </Text>
              </div>
              <Button component="a" flex="none" href={browserUrl(t.path, t.dated ? period : {})} variant="default" size="compact-sm" aria-label={`${t.label} as CSV`}>
                CSV
              </Button>
            </Group>
          ))}
        </SimpleGrid>
        {filters.any && period.start + period.end !== '' && (
          <Text size="xs" c="dimmed" mt="sm">
            Orders and downloads are those of the chosen days.
          </Text>
        )}
      </Section>
      <Section
        title="Sales"
        flush
        actions={
          <Button component="a" href={browserUrl('/reports/sales.csv', query)} variant="default" size="compact-sm" leftSection={<IconDownload size={15} aria-hidden />}>
            Sales as CSV
          </Button>
        }
      >
        <DataTable
          label="Sales"
          columns={columns}
          list={list}
          rowKey={(s) => `${s.line_id} ${s.paid_at}`}
          rowHref={(s) => `/orders/${s.order_id}`}
          empty={
            <EmptyState icon={IconReportAnalytics} title={filters.any ? 'No sale in this period' : 'No sales yet'}>
              Each paid line of an order stands here, with what was refunded of it.
            </EmptyState>
          }
        />
      </Section>
    </>
  );
}

const tables = [
  { path: '/reports/orders.csv', label: 'Orders', about: 'Every order with its customer and total.', dated: true },
  { path: '/reports/downloads.csv', label: 'Downloads', about: 'Every copy: who, what, how many bytes.', dated: true },
  { path: '/reports/customers.csv', label: 'Customers', about: 'Everybody who ever bought.', dated: false },
  { path: '/reports/license-keys.csv', label: 'Licence keys', about: 'Every key and where it went.', dated: false },
];
