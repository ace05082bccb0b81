// Every change: who, when, what, before and after.
import { Anchor, Collapse, Group, Skeleton, Text, UnstyledButton, Button } from '@mantine/core';
import { IconChevronRight, IconHistory, IconApi, IconCreditCard, IconBuildingStore, IconRobot, IconShoppingBag, IconUser, type Icon } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useList } from '@/api/hooks';
import type { AuditEntry } from '@/api/types/audit';
import { day, EmptyState, ErrorPanel, exact, FilterBar, JsonDiff, KeyValue, PageHeader, useFilters, words } from '@/parts';
import { useZone } from '@/shell/zone';
import { dayAfter, dayStart } from '../today/days';
import classes from './audit.module.css';

const objectTypes = [
  'order', 'product', 'version', 'file', 'license_key', 'download_link', 'customer', 'message', 'mail_template', 'webhook_endpoint', 'webhook_delivery', 'mapping', 'store_event', 'api_token', 'settings', 'member', 'download_request',
];

const signs: Readonly<Record<AuditEntry['actor']['type'], Icon>> = { member: IconUser, token: IconApi, system: IconRobot, buyer: IconShoppingBag, gateway: IconCreditCard, store: IconBuildingStore };

export default function Audit() {
  const zone = useZone();
  const filters = useFilters({ object_type: '', object_id: '', action: '', actor: '', start: '', end: '' });
  const { values } = filters;
  const list = useList<AuditEntry>('/audit-log', { ...values, start: dayStart(values.start, zone), end: values.end === '' ? '' : dayStart(dayAfter(values.end), zone) }, { title: 'Read the audit log' });
  const days = byDay(list.rows, zone);
  return (
    <>
      <PageHeader title="Audit log" lead="Every change in this shop: who made it, when, and what stood there before. Nothing can be taken out of it, and no secret is ever in it." />
      <FilterBar
        filters={filters}
        fields={[
          { key: 'object_type', label: 'Kind', kind: 'select', placeholder: 'Any kind', options: objectTypes.map((t) => ({ value: t, label: words(t) })) },
          { key: 'action', label: 'Action', kind: 'text', placeholder: 'Action, such as order.refunded' },
          // Set by the links in an entry; shown once they are.
          ...(values.actor === '' ? [] : [{ key: 'actor', label: 'Id of who', kind: 'text' } as const]),
          ...(values.object_id === '' ? [] : [{ key: 'object_id', label: 'Id of the object', kind: 'text' } as const]),
          { key: 'start', label: 'From', kind: 'date', placeholder: 'From' },
          { key: 'end', label: 'To', kind: 'date', placeholder: 'Until' },
        ]}
      />
      {list.loading ? (
        <div className="card">
          {Array.from({ length: 8 }, (_, i) => (
            <Skeleton key={i} h={18} m="md" w={`${80 - i * 5}%`} />
          ))}
        </div>
      ) : list.error && list.rows.length === 0 ? (
        <div className="card">
          <ErrorPanel error={list.error} retry={list.retry} />
        </div>
      ) : list.rows.length === 0 ? (
        <div className="card">
          <EmptyState icon={IconHistory} title={filters.any ? 'Nothing matches' : 'Nothing was changed yet'}>
            {filters.any ? 'Take a filter away to see more.' : 'As soon as a person, a program or a store changes something, it stands here.'}
          </EmptyState>
        </div>
      ) : (
        <div aria-busy={list.stale || undefined}>
          {days.map(([title, entries]) => (
            <section key={title} aria-label={title} className={classes.day}>
              <h2 className={classes.title}>{title}</h2>
              <ul className={`card ${classes.list}`}>
                {entries.map((e) => (
                  <Entry key={e.id} entry={e} zone={zone} filter={(change) => filters.set(change)} />
                ))}
              </ul>
            </section>
          ))}
          {list.hasMore && (
            <Group justify="center">
              <Button variant="default" onClick={list.loadMore} loading={list.loadingMore}>
                Load more
              </Button>
            </Group>
          )}
        </div>
      )}
    </>
  );
}

function Entry({ entry: e, zone, filter }: { entry: AuditEntry; zone: string; filter: (change: { actor?: string; object_id?: string; object_type?: string }) => void }) {
  const [opened, setOpened] = useState(false);
  const Sign = signs[e.actor.type] ?? IconUser;
  const who = e.actor.name ?? words(e.actor.type);
  const changed = [...new Set([...Object.keys(e.before ?? {}), ...Object.keys(e.after ?? {})])];
  return (
    <li className={classes.entry}>
      <UnstyledButton className={classes.row} onClick={() => setOpened(!opened)} aria-expanded={opened}>
        <span className={classes.sign} title={words(e.actor.type)}>
          <Sign size={15} stroke={1.8} aria-hidden />
        </span>
        <span className={classes.what}>
          <strong>{who}</strong> {phrase(e.action)} {e.object.name ? <span>“{e.object.name}”</span> : <span className="mono">{e.object.id}</span>}
          {changed.length > 0 && e.before !== null && <span className={classes.fields}>{changed.slice(0, 4).map((c) => words(c).toLowerCase()).join(', ')}{changed.length > 4 ? ' …' : ''}</span>}
        </span>
        <time dateTime={e.at} className={classes.time}>
          {new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(new Date(e.at))}
        </time>
        <IconChevronRight size={16} className={classes.chevron} data-open={opened || undefined} aria-hidden />
      </UnstyledButton>
      <Collapse expanded={opened}>
        <div className={classes.more}>
          {(e.before !== null || e.after !== null) && <JsonDiff before={e.before} after={e.after} />}
          <KeyValue
            items={[
              ['When', exact(e.at, zone)],
              ['Action', <span className="mono" key="a">{e.action}</span>],
              ['By', `${words(e.actor.type)}${e.actor.name ? ` ${e.actor.name}` : ''}`],
              ['From', e.ip],
              ['Request', e.request_id ? <span className="mono" key="r">{e.request_id}</span> : null],
              ['Object', <span className="mono" key="o">{e.object.type} {e.object.id}</span>],
            ]}
          />
          <Group gap="md">
            {hrefOf(e) !== null && <Anchor component={Link} to={hrefOf(e) ?? '/'} size="sm">Open it</Anchor>}
            <Anchor component="button" type="button" size="sm" onClick={() => filter({ object_id: e.object.id, object_type: e.object.type })}>
              All of this object
            </Anchor>
            {e.actor.id !== null && (
              <Anchor component="button" type="button" size="sm" onClick={() => filter({ actor: e.actor.id ?? '' })}>
                All by {who}
              </Anchor>
            )}
          </Group>
        </div>
      </Collapse>
    </li>
  );
}

/** `product.version_activated` -> "version activated on product". */
function phrase(action: string): React.ReactNode {
  const dot = action.indexOf('.');
  const object = words(action.slice(0, dot < 0 ? undefined : dot)).toLowerCase();
  const verb = dot < 0 ? 'changed' : words(action.slice(dot + 1)).toLowerCase();
  return (
    <Text span inherit c="dimmed">
      {verb} {object}
    </Text>
  );
}

const places: Readonly<Record<string, string>> = { order: '/orders/', product: '/products/', digital_product: '/products/', customer: '/customers/', message: '/mail/', webhook_endpoint: '/webhooks/', endpoint: '/webhooks/' };
const pages: Readonly<Record<string, string>> = { settings: '/settings', member: '/members', api_token: '/tokens', token: '/tokens', mapping: '/connectors', store_event: '/connectors', mail_template: '/settings/templates', file: '/files', license_key: '/keys', download_link: '/links', download_request: '/requests' };

function hrefOf(e: AuditEntry): string | null {
  const place = places[e.object.type];
  return place !== undefined ? place + e.object.id : (pages[e.object.type] ?? null);
}

function byDay(rows: readonly AuditEntry[], zone: string): [string, AuditEntry[]][] {
  const days = new Map<string, AuditEntry[]>();
  for (const row of rows) {
    const title = day(row.at, zone);
    days.set(title, [...(days.get(title) ?? []), row]);
  }
  return [...days];
}
