import type { Endpoint, WebhookDelivery } from '@/api/types/webhook';
import { ServerState, StatePill } from '@/parts';

/** Works, fails since a while, or is switched off. */
export function EndpointState({ endpoint: e }: { endpoint: Endpoint }) {
  if (!e.enabled) return e.disabled_reason ? <StatePill tone="red">Disabled</StatePill> : <StatePill tone="gray">Switched off</StatePill>;
  if (e.failing_since) return <StatePill tone="amber">Failing</StatePill>;
  return <StatePill tone="green">Enabled</StatePill>;
}

export function DeliveryState({ delivery: d }: { delivery: WebhookDelivery }) {
  if (d.state === 'pending' && d.attempts.length > 0) return <StatePill tone="amber">Trying again</StatePill>;
  return <ServerState value={d.state} />;
}

/** "200", "no answer": what came of the last attempt. */
export function lastAnswer(d: WebhookDelivery): string {
  const last = d.attempts.at(-1);
  if (last === undefined) return 'not sent yet';
  return last.status === null ? (last.error ?? 'no answer') : `${last.status} in ${last.duration_ms} ms`;
}
