// An order beside the list, which keeps its place.
import { ActionIcon, Button, Drawer, Group, Text, Tooltip } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconArrowsDiagonal, IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { Link } from 'react-router';
import { CallsProvider } from '@/api/calls';
import { PageCallsButton, When } from '@/parts';
import { useEscape } from '@/parts/escape';
import { customerName } from './facts';
import { OrderStates } from './states';
import { useOrderRead } from './use-order';
import { OrderView } from './view';
import classes from './order.module.css';

interface Props {
  /** Empty: closed. */
  id: string;
  close: () => void;
  /** Ids of the orders before and after it in the list. */
  before: string | undefined;
  after: string | undefined;
  go: (id: string) => void;
}

/** Nothing lies above the drawer that a letter is meant for. */
const onTop = (): boolean => document.querySelectorAll('[role="dialog"]').length <= 1 && document.querySelector('[role="menu"]') === null;

export function OrderDrawer({ id, close, before, after, go }: Props) {
  const opened = id !== '';
  const { data: order } = useOrderRead(id);
  const step = (to: string | undefined) => () => {
    if (opened && to !== undefined && onTop()) go(to);
  };
  useHotkeys([
    ['j', step(after)],
    ['k', step(before)],
  ]);
  useEscape(opened, close);
  return (
    <Drawer
      opened={opened}
      onClose={close}
      closeOnEscape={false}
      position="right"
      size="56rem"
      title={
        <span className={classes.drawerHead}>
          {order ? `Order ${order.name}` : 'Order'}
          {order && <OrderStates order={order} />}
        </span>
      }
    >
      {opened && (
        <CallsProvider key={id}>
          <OrderView
            id={id}
            frame={(head, body) => (
              <>
                <Group justify="space-between" mb="md" gap="xs">
                  <Text size="sm" c="dimmed">
                    {head.order && (
                      <>
                        {customerName(head.order.customer) || head.order.customer.email} · <When at={head.order.created_at} />
                      </>
                    )}
                  </Text>
                  <Group gap="xs">
                    <Group gap={2}>
                      <Tooltip label="Previous order (k)">
                        <ActionIcon aria-label="Previous order" disabled={before === undefined} onClick={step(before)}>
                          <IconChevronUp size={18} aria-hidden />
                        </ActionIcon>
                      </Tooltip>
                      <Tooltip label="Next order (j)">
                        <ActionIcon aria-label="Next order" disabled={after === undefined} onClick={step(after)}>
                          <IconChevronDown size={18} aria-hidden />
                        </ActionIcon>
                      </Tooltip>
                    </Group>
                    <Button component={Link} to={`/orders/${id}`} variant="default" leftSection={<IconArrowsDiagonal size={15} aria-hidden />}>
                      Open page
                    </Button>
                    <PageCallsButton />
                    {head.actions}
                  </Group>
                </Group>
                {body}
              </>
            )}
          />
        </CallsProvider>
      )}
    </Drawer>
  );
}
