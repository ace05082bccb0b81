// Today: what needs a hand, then how it goes.
import { Anchor, Button, SegmentedControl, Text } from '@mantine/core';
import { IconPlus, IconRefresh } from '@tabler/icons-react';
import { useState, type ReactNode } from 'react';
import { Link } from 'react-router';
import { useRead } from '@/api/hooks';
import { useIsAdmin } from '@/api/session';
import type { Checklist } from '@/api/types/checklist';
import type { Overview } from '@/api/types/overview';
import { Bytes, ErrorPanel, expectChart, Figure, Figures, Money, PageHeader, Section, count } from '@/parts';
import { AttentionList } from './attention';
import { useZone } from '@/shell/zone';
import { ChecklistCard } from './checklist';
import { dayOf } from './days';
import { FiguresChart, type Measure } from './figures-chart';
import { PeriodSwitch, usePeriod } from './period';
import { TopList } from './top-list';
import classes from './today.module.css';

expectChart();

export default function Today() {
  const period = usePeriod();
  const overview = useRead<Overview>('/overview', period.query, { every: 60_000, keep: true, enabled: period.valid, title: 'Figures, and what needs a hand' });
  const { data } = overview;
  const admin = useIsAdmin();
  const checklist = useRead<Checklist>('/checklist', undefined, { enabled: admin, title: 'The first steps' });
  const [measure, setMeasure] = useState<Measure>('revenue');
  if (overview.error && !data) {
    return (
      <>
        <Header busy={false} again={() => undefined} />
        <div className="card">
          <ErrorPanel error={overview.error} retry={() => void overview.refetch()} />
        </div>
      </>
    );
  }
  const f = data?.figures;
  const tile = (label: string, change: { value: number; previous: number } | undefined, show: (n: number) => ReactNode = count, inverse = false) => (
    <Figure key={label} label={label} value={show(change?.value ?? 0)} now={change?.value ?? 0} before={change?.previous ?? 0} loading={!change} inverse={inverse} />
  );
  const currency = f?.revenue[0]?.currency ?? 'EUR';
  if (!data || checklist.isLoading) {
    // Nothing below is known to be where it will stand: it is drawn when it is.
    return (
      <>
        <Header busy={false} again={() => undefined} />
        <AttentionList key="unknown" list={undefined} />
      </>
    );
  }
  return (
    <>
      <Header busy={overview.isFetching} again={() => void overview.refetch()} />
      <AttentionList key="known" list={data.attention} />
      <ChecklistCard />
      <div className={classes.bar}>
        <h2 className={classes.heading}>Figures</h2>
        <PeriodSwitch period={period} />
      </div>
      <div aria-busy={!data || overview.isPlaceholderData || undefined} className={classes.figures}>
        <Figures>
          {(f?.revenue ?? [undefined]).slice(0, 3).map((r, i) => tile(i === 0 ? 'Revenue' : `Revenue, ${r?.currency ?? ''}`, r, (n) => <Money cents={n} currency={r?.currency ?? currency} />))}
          {tile('Orders', f?.orders)}
          {tile('Downloads', f?.downloads)}
          {tile('Arrived whole', f?.completed)}
          {tile('New customers', f?.new_customers)}
          {tile('Keys assigned', f?.keys_assigned)}
          {tile('Data sent', f?.bandwidth_bytes, (n) => <Bytes value={n} />)}
          {tile('Refunds', f?.refunds, count, true)}
        </Figures>
        <Section
          title={measure === 'revenue' ? 'Revenue' : measure === 'orders' ? 'Orders' : 'Downloads'}
          lead={data && <Span overview={data} />}
          actions={
            <SegmentedControl
              size="xs"
              aria-label="What the chart shows"
              value={measure}
              onChange={(v) => setMeasure(v as Measure)}
              data={[
                { value: 'revenue', label: 'Revenue' },
                { value: 'orders', label: 'Orders' },
                { value: 'downloads', label: 'Downloads' },
              ]}
            />
          }
        >
          <FiguresChart overview={data} measure={measure} granularity={period.granularity} currency={currency} />
        </Section>
        <div className={classes.tops}>
          <TopList
            title="Top products"
            rows={data?.top_products.map((p) => ({ id: p.id, name: p.name, href: `/products/${p.id}`, weight: p.orders, value: `${count(p.orders)} ${p.orders === 1 ? 'order' : 'orders'}`, aside: <Money cents={p.revenue_cents} currency={currency} /> }))}
            empty="What sells best stands here."
          />
          <TopList
            title="Top files"
            rows={data?.top_files.map((t) => ({ id: t.id, name: t.name, href: `/files?q=${encodeURIComponent(t.name)}`, weight: t.downloads, value: `${count(t.downloads)} ${t.downloads === 1 ? 'download' : 'downloads'}` }))}
            empty="What is fetched most stands here."
          />
        </div>
      </div>
    </>
  );
}

function Header({ busy, again }: { busy: boolean; again: () => void }) {
  return (
    <PageHeader
      title="Today"
      actions={
        <>
          <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onClick={again} loading={busy} loaderProps={{ type: 'dots' }}>
            Refresh
          </Button>
          <Button component={Link} to="/orders/new" leftSection={<IconPlus size={16} aria-hidden />}>
            New order
          </Button>
        </>
      }
    />
  );
}

/** The days of both periods; the first leads to its orders. */
function Span({ overview }: { overview: Overview }) {
  const zone = useZone();
  const last = (p: { end: string }) => new Date(Date.parse(p.end) - 1);
  const text = (p: { start: string; end: string }) => {
    const form = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric', timeZone: zone });
    return form.formatRange(new Date(p.start), last(p));
  };
  return (
    <Text size="sm" c="dimmed" span>
      <Anchor component={Link} to={`/orders?from=${dayOf(new Date(overview.period.start), zone)}&to=${dayOf(last(overview.period), zone)}`} inherit underline="always">
        {text(overview.period)}
      </Anchor>
      , against {text(overview.previous)}
    </Text>
  );
}
