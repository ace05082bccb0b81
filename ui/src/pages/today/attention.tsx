// What needs a hand, first of all.
import { Anchor, Skeleton, Stack, Text, Title } from '@mantine/core';
import {
  IconAlertTriangle, IconGauge, IconBriefcaseOff, IconChevronRight, IconCircleCheck, IconHandStop, IconKey, IconMailX, IconPackageOff, IconRubberStamp, IconShieldExclamation, IconWebhook, type Icon,
} from '@tabler/icons-react';
import { Link } from 'react-router';
import type { Attention, AttentionItem } from '@/api/types/overview';
import { When } from '@/parts';
import classes from './today.module.css';

const icons: Readonly<Record<string, Icon>> = {
  mail_failed: IconMailX, keys_out: IconKey, keys_low: IconKey, stamp_failed: IconRubberStamp, endpoint_failing: IconWebhook, endpoint_disabled: IconWebhook,
  store_event_unmapped: IconBriefcaseOff, download_request: IconHandStop, fulfilment_failed: IconPackageOff, held_order: IconShieldExclamation,
  bandwidth: IconGauge,
};

/** What is told to customers or must be done, in a word on the link. */
const deeds: Readonly<Record<string, string>> = {
  mail_failed: 'Correct and send again', keys_out: 'Add keys', keys_low: 'Add keys', stamp_failed: 'Look at it', endpoint_failing: 'See the deliveries', endpoint_disabled: 'Switch it on',
  store_event_unmapped: 'Map the products', download_request: 'Decide', fulfilment_failed: 'Retry', held_order: 'Look and release',
  bandwidth: 'Change the budget',
};

const inside = (href: string): string => href.replace(/^\/admin(?=\/|$)/, '') || '/';

function itemHref(a: Attention, item: AttentionItem): string {
  switch (a.kind) {
    case 'mail_failed':
      return `/mail/${item.id}`;
    case 'keys_out':
    case 'keys_low':
      return item.id === '' ? '/keys' : `/keys?tag=${encodeURIComponent(item.id)}`;
    case 'endpoint_failing':
    case 'endpoint_disabled':
      return `/webhooks/${item.id}`;
    case 'held_order':
    case 'fulfilment_failed':
      return `/orders/${item.id}`;
    case 'stamp_failed':
      return a.href.includes('/orders') ? `/orders/${item.id}` : `/files?file=${item.id}`;
    case 'store_event_unmapped':
      return `/connectors?event=${item.id}`;
    default:
      return inside(a.href);
  }
}

export function AttentionList({ list }: { list: readonly Attention[] | undefined }) {
  if (list === undefined) {
    return (
      <section className={`card ${classes.attention}`} aria-label="What needs a hand" aria-busy>
        <Stack p="md" gap="xl">
          {[40, 65, 55, 60].map((w) => (
            <Stack key={w} gap="xs">
              <Skeleton h={16} w={`${w}%`} />
              <Skeleton h={14} w={`${w - 20}%`} />
            </Stack>
          ))}
        </Stack>
      </section>
    );
  }
  if (list.length === 0) {
    return (
      <section className={`card ${classes.well}`} aria-labelledby="all-is-well">
        <IconCircleCheck size={26} stroke={1.7} aria-hidden />
        <div>
          <Title order={2} id="all-is-well">
            All is well
          </Title>
          <Text size="sm" c="dimmed">
            No mail came back, no order waits, keys are in stock, and everything that listens answers.
          </Text>
        </div>
      </section>
    );
  }
  return (
    <section className={`card ${classes.attention}`} aria-labelledby="needs-a-hand">
      <Title order={2} id="needs-a-hand" className={classes.head}>
        Needs a hand
      </Title>
      <ul className={classes.rows}>
        {list.map((a) => {
          const Sign = icons[a.kind] ?? IconAlertTriangle;
          return (
            <li key={a.kind + a.href} className={classes.row} data-tone={a.severity}>
              <span className={classes.sign} aria-hidden>
                <Sign size={18} stroke={1.8} />
              </span>
              <div className={classes.what}>
                <div className={classes.title}>
                  <span className="visually-hidden">{a.severity === 'red' ? 'Urgent: ' : ''}</span>
                  {a.title}
                </div>
                <ul className={classes.items}>
                  {a.items.map((item) => (
                    <li key={item.id + item.at}>
                      <Anchor component={Link} to={itemHref(a, item)} size="sm" underline="always">
                        {item.title}
                      </Anchor>
                      {item.at && (
                        <Text span size="xs" c="dimmed">
                          {' · '}
                          <When at={item.at} />
                        </Text>
                      )}
                    </li>
                  ))}
                  {a.count > a.items.length && (
                    <li>
                      <Text span size="sm" c="dimmed">
                        and {a.count >= 1000 ? 'many' : a.count - a.items.length} more
                      </Text>
                    </li>
                  )}
                </ul>
              </div>
              <Anchor component={Link} to={inside(a.href)} size="sm" fw={580} className={classes.go}>
                {deeds[a.kind] ?? 'Look at it'}
                <IconChevronRight size={15} aria-hidden />
              </Anchor>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
