import type { Order } from '@/api/types/order';
import { ServerState, StatePill } from '@/parts';
import { over, settled } from './facts';
import classes from './order.module.css';

/** An order's payment, and whatever is not as it should be. */
export function OrderStates({ order }: { order: Order }) {
  const live = order.lines.filter((l) => !over(l));
  return (
    <span className={classes.state}>
      <ServerState value={order.financial_status} />
      {order.is_held && !settled(order) && <StatePill tone="red">Held</StatePill>}
      {order.dl_access === 'disabled' && live.length > 0 && <StatePill tone="red">Access off</StatePill>}
      {live.length === 0 && !settled(order) && <StatePill tone="gray">Cancelled</StatePill>}
      {live.some((l) => l.status === 'failed') && <StatePill tone="red">Failed</StatePill>}
      {!order.is_held && live.some((l) => l.status === 'processing') && <StatePill tone="amber">Waiting</StatePill>}
    </span>
  );
}
