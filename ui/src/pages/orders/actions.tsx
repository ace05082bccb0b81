// What can be done with a whole order.
import { Button, Menu } from '@mantine/core';
import { IconAt, IconBan, IconBraces, IconChevronDown, IconCircleCheck, IconExternalLink, IconLock, IconLockOpen, IconMailForward, IconReceiptRefund, IconShieldCheck } from '@tabler/icons-react';
import type { Order } from '@/api/types/order';
import { over, settled, unpaid, units } from './facts';
import type { Remedies } from './use-order';

export type OrderDialog = 'correct' | 'refund' | 'cancel' | 'json';

interface Props {
  order: Order;
  remedies: Remedies;
  pageUrl: string | undefined;
  open: (dialog: OrderDialog) => void;
}

export function OrderActions({ order, remedies, pageUrl, open }: Props) {
  const live = order.lines.filter((l) => !over(l));
  const refundable = !unpaid(order) && live.some((l) => units(l) > 0);
  const held = order.is_held && !settled(order);
  return (
    <>
      {held ? (
        <Button leftSection={<IconShieldCheck size={16} aria-hidden />} loading={remedies.change.busy} onClick={() => remedies.change.run({ risk_level: 'LOW', words: 'Released: the goods go out now' })}>
          Release
        </Button>
      ) : unpaid(order) ? (
        <Button leftSection={<IconCircleCheck size={16} aria-hidden />} loading={remedies.change.busy} onClick={() => remedies.change.run({ financial_status: 'PAID', words: 'Set to paid: the goods go out now' })}>
          Set paid
        </Button>
      ) : (
        <Button variant="default" leftSection={<IconMailForward size={16} aria-hidden />} disabled={order.customer.email === null} loading={remedies.resend.busy} onClick={() => remedies.resend.run(undefined)}>
          Send again
        </Button>
      )}
      <Menu position="bottom-end" width={260}>
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={15} aria-hidden />}>
            Remedies
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconAt size={16} aria-hidden />} onClick={() => open('correct')}>
            Correct the address
          </Menu.Item>
          {(held || unpaid(order)) && (
            <Menu.Item leftSection={<IconMailForward size={16} aria-hidden />} disabled={order.customer.email === null} onClick={() => remedies.resend.run(undefined)}>
              Send the mail again
            </Menu.Item>
          )}
          {order.dl_access === 'disabled' ? (
            <Menu.Item leftSection={<IconLockOpen size={16} aria-hidden />} onClick={() => remedies.access.run('enabled')}>
              Switch access on
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconLock size={16} aria-hidden />} disabled={live.length === 0} onClick={() => remedies.access.run('disabled')}>
              Switch access off
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconExternalLink size={16} aria-hidden />} component="a" href={pageUrl} target="_blank" rel="noopener" disabled={pageUrl === undefined}>
            Open the buyer’s page
          </Menu.Item>
          <Menu.Item leftSection={<IconBraces size={16} aria-hidden />} onClick={() => open('json')}>
            Show as JSON
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconReceiptRefund size={16} aria-hidden />} disabled={!refundable} onClick={() => open('refund')}>
            Refund units
          </Menu.Item>
          <Menu.Item leftSection={<IconBan size={16} aria-hidden />} disabled={live.length === 0} color="red" onClick={() => open('cancel')}>
            Cancel the order
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
