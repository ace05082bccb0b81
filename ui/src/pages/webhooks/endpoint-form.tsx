// Making and changing an endpoint: name, address and the events it is told.
import { Alert, Anchor, Checkbox, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useState } from 'react';
import { useWrite } from '@/api/hooks';
import type { Endpoint } from '@/api/types/webhook';
import { FormModal } from '@/parts';
import { eventHelp, eventTypes } from './events';
import classes from './webhooks.module.css';

interface Values {
  name: string;
  url: string;
  events: string[];
}

interface Props {
  opened: boolean;
  close: () => void;
  /** The one to change; none makes a new one. */
  endpoint?: Endpoint;
  done: (e: Endpoint) => void;
}

export function EndpointForm({ opened, close, endpoint, done }: Props) {
  const [values, setValues] = useState<Values>(endpoint ?? { name: '', url: '', events: ['digital_order.purchased', 'order.refunded'] });
  const save = useWrite<Values, Endpoint>(
    ({ name, url, events }) => {
      const body = { name: name.trim(), url: url.trim(), events };
      return endpoint
        ? { method: 'PATCH', path: `/webhook-endpoints/${endpoint.id}`, body: changed(endpoint, body), title: 'Change an endpoint' }
        : { method: 'POST', path: '/webhook-endpoints', body, title: 'Create an endpoint' };
    },
    {
      refresh: ['/webhook-endpoints', '/checklist'],
      quiet: true,
      sample: { name: 'ERP', url: 'https://erp.example/hooks/purvey', events: ['digital_order.purchased'] },
      ...(endpoint ? { done: 'Endpoint saved' } : {}),
      then: done,
    },
  );
  const set = (change: Partial<Values>) => setValues((v) => ({ ...v, ...change }));
  const fields = save.error?.fields ?? {};
  const all = values.events.length === eventTypes.length;
  return (
    <FormModal
      title={endpoint ? 'Change endpoint' : 'New webhook endpoint'}
      opened={opened}
      close={close}
      submit={endpoint ? 'Save' : 'Create endpoint'}
      onSubmit={() => save.run(values)}
      call={() => save.describe(values)}
      busy={save.busy}
      error={Object.keys(fields).length === 0 ? save.error : null}
      size="xl"
    >
      <TextInput label="Name" placeholder="ERP" value={values.name} onChange={(e) => set({ name: e.currentTarget.value })} required data-autofocus error={fields['name']} />
      <TextInput label="URL" description="Gets a signed POST for each event, and answers 2xx within 10 seconds." placeholder="https://erp.example/hooks/purvey" type="url" value={values.url} onChange={(e) => set({ url: e.currentTarget.value })} required error={fields['url']} />
      <div role="group" aria-labelledby="endpoint-events">
        <Group justify="space-between" mb={6}>
          <Text size="sm" fw={560} id="endpoint-events">
            Events
          </Text>
          <Anchor component="button" type="button" size="sm" onClick={() => set({ events: all ? [] : [...eventTypes] })}>
            {all ? 'None' : 'All'}
          </Anchor>
        </Group>
        <div className={classes.events}>
          {eventTypes.map((t) => (
            <Checkbox
              key={t}
              label={<span className="mono">{t}</span>}
              description={eventHelp[t]}
              checked={values.events.includes(t)}
              onChange={(e) => set({ events: e.currentTarget.checked ? [...values.events, t] : values.events.filter((v) => v !== t) })}
            />
          ))}
        </div>
        {fields['events'] !== undefined && (
          <Text size="sm" c="red" mt={4}>
            {fields['events']}
          </Text>
        )}
      </div>
      {!endpoint && (
        <Alert color="gray" icon={<IconInfoCircle size={18} />}>
          <Stack gap={0}>Its secret is shown once, when it is made: your program needs it to know our requests from others.</Stack>
        </Alert>
      )}
    </FormModal>
  );
}

function changed(before: Values, now: Values): Partial<Values> {
  const out: Partial<Values> = {};
  if (before.name !== now.name) out.name = now.name;
  if (before.url !== now.url) out.url = now.url;
  if ([...before.events].sort().join() !== [...now.events].sort().join()) out.events = now.events;
  return out;
}
