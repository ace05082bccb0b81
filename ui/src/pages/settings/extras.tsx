// What stands beside the fields of a section: opening and closing the shop,
// trying a gateway's credentials, the endpoint that follows the settings.
import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core';
import { IconCircleCheck, IconDoor, IconDoorOff, IconPlugConnected, IconPlugConnectedX, IconSend } from '@tabler/icons-react';
import { useState } from 'react';
import { Link } from 'react-router';
import { useList, useRead, useWrite } from '@/api/hooks';
import { useShop } from '@/api/session';
import type { Settings } from '@/api/types/settings';
import type { Shop } from '@/api/types/shop';
import type { Endpoint, WebhookDelivery } from '@/api/types/webhook';
import { CallButton, ConfirmModal, Section, StatePill, When } from '@/parts';
import { DeliveryDrawer } from '../webhooks/delivery-drawer';
import { EndpointState } from '../webhooks/state';

/** The shop is open, or closed: for owners. */
export function OpenSection() {
  const { role } = useShop();
  const { data: shop } = useRead<Shop>('/shop', undefined, { title: 'Read the shop' });
  const [asked, ask] = useState(false);
  const set = useWrite<'open' | 'close', Shop>((to) => ({ method: 'POST', path: `/shop/${to}`, title: to === 'open' ? 'Open the shop' : 'Close the shop' }), {
    done: (_, to) => (to === 'open' ? 'The shop is open' : 'The shop is closed'),
    refresh: ['/shop', '/audit-log'],
    quiet: true,
    then: () => ask(false),
  });
  if (shop === undefined) return null;
  const open = shop.state === 'active';
  return (
    <Section
      title="Open or closed"
      lead="A closed shop refuses customers, stores and API tokens. You and your team still see everything here, and change nothing."
      actions={<StatePill tone={open ? 'green' : 'red'}>{open ? 'Open' : 'Closed'}</StatePill>}
    >
      <Group gap="xs">
        {open ? (
          <Button variant="default" color="red" leftSection={<IconDoorOff size={16} aria-hidden />} disabled={role !== 'owner'} onClick={() => ask(true)}>
            Close the shop
          </Button>
        ) : (
          <Button leftSection={<IconDoor size={16} aria-hidden />} disabled={role !== 'owner'} loading={set.busy} onClick={() => set.run('open')}>
            Open the shop
          </Button>
        )}
        <CallButton call={() => set.describe(open ? 'close' : 'open')} />
        {role !== 'owner' && (
          <Text size="sm" c="dimmed">
            Only an owner does that.
          </Text>
        )}
      </Group>
      <ConfirmModal title={`Close ${shop.name}?`} opened={asked} close={() => ask(false)} confirm="Close the shop" typed={shop.slug} onConfirm={() => set.run('close')} call={() => set.describe('close')} busy={set.busy} error={set.error}>
        From now on download pages, links, the library and the checkout say that the shop is closed, and what stores and programs send is refused: orders that come in meanwhile are lost unless the store sends them again. Nothing is deleted, and you can open it
        again at any time.
      </ConfirmModal>
    </Section>
  );
}

interface Check {
  ok: boolean;
  account: string | null;
  live: boolean | null;
  error: string | null;
}

/** Asks the gateways whether they know the credentials that are kept. */
export function GatewayChecks({ settings, dirty }: { settings: Settings; dirty: boolean }) {
  return (
    <Section title="Try the credentials" lead={dirty ? 'Save first: what is tried is what is kept.' : 'Asks the gateway for something harmless; nothing is charged or changed.'}>
      <Stack gap="sm">
        <GatewayCheck name="stripe" title="Stripe" set={settings.gateways.stripe.secret_key.set} hook={settings.gateways.stripe.webhook_secret.set} />
        <GatewayCheck name="mercadopago" title="Mercado Pago" set={settings.gateways.mercadopago.access_token.set} hook={settings.gateways.mercadopago.webhook_secret.set} />
      </Stack>
    </Section>
  );
}

function GatewayCheck({ name, title, set, hook }: { name: string; title: string; set: boolean; hook: boolean }) {
  const check = useWrite<void, Check>(() => ({ method: 'POST', path: `/gateways/${name}/check`, title: `Try the credentials of ${title}` }), { sample: undefined });
  const got = check.result;
  return (
    <div>
      <Group gap="xs">
        <Button variant="default" disabled={!set} loading={check.busy} onClick={() => check.run()}>
          Check {title}
        </Button>
        {!set && (
          <Text size="sm" c="dimmed">
            No credentials are kept.
          </Text>
        )}
      </Group>
      {got && (
        <Alert mt="xs" variant="light" color={got.ok ? 'gray' : 'red'} icon={got.ok ? <IconPlugConnected size={18} /> : <IconPlugConnectedX size={18} />} role="status" title={got.ok ? `${title} knows you${got.account ? ` as ${got.account}` : ''}` : `${title} does not work yet`}>
          {got.ok ? (
            <Text size="sm">
              {got.live === false ? 'These are credentials for tests: no real money is taken. ' : ''}
              {hook ? 'The secret of its webhook is kept, too.' : 'The secret of its webhook is missing: payments are then noticed a few minutes late.'}
            </Text>
          ) : (
            <Text size="sm">{got.error}</Text>
          )}
        </Alert>
      )}
    </div>
  );
}

/** The endpoint that is as the settings say: its state, a test, what was sent. */
export function PublicalaWebhook({ settings }: { settings: Settings }) {
  const wanted = settings.publicala.webhook_url !== '' && settings.publicala.webhook_key.set;
  const list = useList<Endpoint>('/webhook-endpoints', { dialect: 'publicala' }, { title: 'The endpoint of the settings', enabled: wanted });
  const [shown, show] = useState<string | null>(null);
  const e = list.rows[0];
  const test = useWrite<string, WebhookDelivery>((id) => ({ method: 'POST', path: `/webhook-endpoints/${id}/test`, title: 'Send a test event' }), {
    refresh: ['/webhook-deliveries', '/webhook-endpoints'],
    then: (d) => show(d.id),
  });
  return (
    <Section title="Webhook" lead="Sales and renewals of the live mode are told to the address above." actions={wanted && e ? <EndpointState endpoint={e} /> : undefined}>
      {!wanted || e === undefined ? (
        <Text size="sm" c="dimmed">
          {wanted && list.loading ? 'Looking…' : wanted ? 'It is told of live sales alone: switch to live mode to see what was sent.' : 'Keep an address and a key, then a test can be sent.'}
        </Text>
      ) : (
        <Group gap="xs">
          <Button leftSection={<IconSend size={16} aria-hidden />} disabled={!e.enabled} loading={test.busy} onClick={() => test.run(e.id)}>
            Send test
          </Button>
          <Button component={Link} to={`/webhooks/${e.id}`} variant="default">
            Deliveries
          </Button>
          {e.failing_since ? (
            <Text size="sm" c="dimmed">
              No attempt succeeded since <When at={e.failing_since} />.
            </Text>
          ) : (
            <Text size="sm" c="dimmed">
              <IconCircleCheck size={14} aria-hidden /> Each delivery is kept with its answer, and{' '}
              <Anchor component={Link} to={`/webhooks/${e.id}`} inherit>
                can be sent again
              </Anchor>
              .
            </Text>
          )}
        </Group>
      )}
      <DeliveryDrawer id={shown} close={() => show(null)} />
    </Section>
  );
}
