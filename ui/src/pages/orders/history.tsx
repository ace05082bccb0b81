// The order's timeline in words and signs.
import { Anchor, Progress, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import {
  IconAt, IconCircleCheck, IconCreditCard, IconDownload, IconFile, IconKey, IconLock, IconLockOpen, IconMail, IconPackage, IconPencil, IconPointFilled, IconReceiptRefund,
  IconRefresh, IconShoppingCart, IconWebhook, type Icon,
} from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import type { ApiError } from '@/api/client';
import type { TimelineEvent } from '@/api/types/order';
import { ErrorPanel, Section, Timeline, money, type TimelineItem, type Tone } from '@/parts';

type View = 'all' | 'mail' | 'download' | 'other';

interface Props {
  events: readonly TimelineEvent[] | undefined;
  error: ApiError | null;
  retry: () => void;
}

export function History({ events, error, retry }: Props) {
  const [view, setView] = useState<View>('all');
  const items = folded(events ?? [])
    .filter((e) => view === 'all' || viewOf(e.kind) === view)
    .reverse()
    .map(itemOf);
  return (
    <Section
      title="Timeline"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="What the timeline shows"
          value={view}
          onChange={(v) => setView(v as View)}
          data={[
            { value: 'all', label: 'All' },
            { value: 'mail', label: 'Mail' },
            { value: 'download', label: 'Downloads' },
            { value: 'other', label: 'Changes' },
          ]}
        />
      }
    >
      {error && !events ? (
        <ErrorPanel error={error} retry={retry} />
      ) : !events ? (
        <Stack gap="md" aria-busy>
          {[60, 45, 70, 50].map((w) => (
            <Skeleton key={w} h={14} w={`${w}%`} />
          ))}
        </Stack>
      ) : items.length === 0 ? (
        <Text size="sm" c="dimmed">
          Nothing of the kind has happened.
        </Text>
      ) : (
        <Timeline label="What happened to the order, newest first" items={items} />
      )}
    </Section>
  );
}

function viewOf(kind: string): View {
  if (kind.startsWith('message.')) return 'mail';
  if (kind.startsWith('download.')) return 'download';
  return 'other';
}

/** Of the progress of one copy the last is enough; what its end says, its progress and a beginning just before need not. */
function folded(events: readonly TimelineEvent[]): TimelineEvent[] {
  const copy = (e: TimelineEvent): string => String(e.data['download_id'] ?? `${String(e.data['file_id'] ?? e.title)}`);
  const last = new Map<string, TimelineEvent>();
  events.filter((e) => e.kind === 'download.progress').forEach((e) => last.set(copy(e), e));
  const ended = new Map(events.filter((e) => e.kind === 'download.completed').map((e) => [copy(e), Date.parse(e.at)]));
  return events.filter((e) => {
    const end = ended.get(copy(e));
    if (e.kind === 'download.started') return end === undefined || end - Date.parse(e.at) > 120_000;
    return e.kind !== 'download.progress' || (last.get(copy(e)) === e && end === undefined);
  });
}

function itemOf(e: TimelineEvent, i: number): TimelineItem {
  const [Sign, tone] = signOf(e.kind);
  const percent = typeof e.data['percent'] === 'number' ? e.data['percent'] : null;
  const amount = typeof e.data['amount_cents'] === 'number' && typeof e.data['currency'] === 'string' ? money(e.data['amount_cents'], e.data['currency']) : null;
  const who = e.actor?.name && e.actor.type !== 'system' && e.actor.type !== 'buyer' ? e.actor.name : null;
  const detail =
    e.detail || who || percent !== null ? (
      <>
        {[amount ?? e.detail, who && `by ${who}`].filter(Boolean).join(' · ')}
        {percent !== null && percent < 100 && <Progress value={percent} size="sm" mt={6} maw={280} aria-label={`${percent} % transferred`} />}
      </>
    ) : null;
  return {
    key: `${e.at} ${e.kind} ${i}`,
    at: e.at,
    tone,
    icon: <Sign size={15} stroke={1.9} aria-hidden />,
    title: e.link ? (
      <Anchor component={Link} to={e.link.replace(/^\/admin(?=\/|$)/, '') || '/'} inherit>
        {e.title}
      </Anchor>
    ) : (
      e.title
    ),
    detail,
  };
}

const signs: readonly (readonly [string, Icon, Tone])[] = [
  ['order.placed', IconShoppingCart, 'blue'],
  ['payment.paid', IconCreditCard, 'green'], ['payment.failed', IconCreditCard, 'red'], ['payment.', IconCreditCard, 'gray'],
  ['line.failed', IconPackage, 'red'], ['line.', IconPackage, 'green'],
  ['key.', IconKey, 'green'],
  ['message.failed', IconMail, 'red'], ['message.deferred', IconMail, 'amber'], ['message.sent', IconMail, 'green'], ['message.kept', IconMail, 'blue'], ['message.', IconMail, 'gray'],
  ['download.completed', IconCircleCheck, 'green'], ['download.', IconDownload, 'blue'],
  ['access.enabled', IconLockOpen, 'green'], ['access.', IconLock, 'red'],
  ['refund', IconReceiptRefund, 'blue'],
  ['email.', IconAt, 'gray'],
  ['downloads.', IconRefresh, 'gray'],
  ['files.', IconFile, 'gray'],
  ['webhook.failed', IconWebhook, 'red'], ['webhook.', IconWebhook, 'gray'],
  ['audit', IconPencil, 'gray'],
];

function signOf(kind: string): readonly [Icon, Tone] {
  const found = signs.find(([prefix]) => kind.startsWith(prefix));
  return found ? [found[1], found[2]] : [IconPointFilled, 'gray'];
}
