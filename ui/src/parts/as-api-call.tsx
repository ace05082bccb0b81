// "As API call": the request itself as curl, HTTP and JavaScript, with a
// placeholder where the token goes.
import { Anchor, Button, Drawer, Group, SegmentedControl, Stack, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconCode } from '@tabler/icons-react';
import { useState } from 'react';
import { usePageCalls } from '@/api/calls';
import { isSessionCall, urlOf, type Call } from '@/api/client';
import { CopyButton } from './copy-button';
import { useEscape } from './escape';
import classes from './as-api-call.module.css';

const placeholder = '$PURVEY_TOKEN';

type Style = 'curl' | 'http' | 'javascript';

/** The call in the given language. Exported for tests and for samples in pages. */
export function render(call: Call, style: Style, origin = window.location.origin, token = placeholder): string {
  const url = origin + urlOf(call);
  const json = call.body === undefined || call.body instanceof FormData ? null : JSON.stringify(call.body, null, 2);
  const file = call.body instanceof FormData;
  if (style === 'curl') {
    const lines = [`curl ${call.method === 'GET' ? '' : `-X ${call.method} `}${quote(url)}`, `-H "Authorization: Bearer ${token}"`];
    if (json !== null) lines.push(`-H 'Content-Type: application/json'`, `-d ${quote(json)}`);
    if (file) lines.push('-F file=@FILE');
    return lines.join(' \\\n  ');
  }
  if (style === 'http') {
    const path = url.slice(origin.length);
    const lines = [`${call.method} ${path} HTTP/1.1`, `Host: ${new URL(origin).host}`, `Authorization: Bearer ${token}`];
    if (json !== null) lines.push('Content-Type: application/json', '', json);
    return lines.join('\n');
  }
  const parts = [`  headers: {`, `    Authorization: \`Bearer \${process.env.PURVEY_TOKEN}\`,`];
  if (json !== null) parts.push(`    'Content-Type': 'application/json',`);
  parts.push('  },');
  if (json !== null) parts.push(`  body: JSON.stringify(${json.replaceAll('\n', '\n  ')}),`);
  const method = call.method === 'GET' ? '' : `  method: '${call.method}',\n`;
  return `const answer = await fetch('${url}', {\n${method}${parts.join('\n')}\n});\nconst { data } = await answer.json();`;
}

const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** One call, to read and to copy. */
export function CallSample({ call }: { call: Call }) {
  const [style, setStyle] = useState<Style>('curl');
  const text = render(call, style);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <SegmentedControl
          size="xs"
          aria-label="Language"
          value={style}
          onChange={(v) => setStyle(v as Style)}
          data={[
            { value: 'curl', label: 'curl' },
            { value: 'http', label: 'HTTP' },
            { value: 'javascript', label: 'JavaScript' },
          ]}
        />
        <CopyButton value={text} label="Copy the call" withText />
      </Group>
      <pre className={classes.code} tabIndex={0} aria-label="The call">
        {text}
      </pre>
    </Stack>
  );
}

/** In a page's header: all that the page asks and can do. */
export function PageCallsButton() {
  const { calls, look } = usePageCalls();
  const [opened, { open, close }] = useDisclosure(false);
  const [chosen, setChosen] = useState(0);
  const call = calls[chosen] ?? calls[0];
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconCode size={16} aria-hidden />}
        onClick={() => {
          look();
          setChosen(0);
          open();
        }}
      >
        API
        <VisuallyHidden> calls of this page</VisuallyHidden>
      </Button>
      <CallsDrawer opened={opened} close={close}>
        {calls.length > 1 && (
          <ul className={classes.list}>
            {calls.map((c, i) => (
              <li key={`${c.method} ${urlOf(c)}`}>
                <UnstyledButton className={classes.item} data-on={i === chosen || undefined} aria-pressed={i === chosen} onClick={() => setChosen(i)}>
                  <span className={classes.method} data-method={c.method}>
                    {c.method}
                  </span>
                  <span className={classes.path}>{c.title ?? c.path}</span>
                </UnstyledButton>
              </li>
            ))}
          </ul>
        )}
        {call === undefined ? <Text c="dimmed">This page makes no call that a token could.</Text> : <CallSample key={urlOf(call) + call.method} call={call} />}
      </CallsDrawer>
    </>
  );
}

/** Beside a form's or a dialog's button: this very action. */
export function CallButton({ call, label = 'As API call' }: { call: () => Call; label?: string }) {
  const [shown, setShown] = useState<Call | null>(null);
  return (
    <>
      <Button type="button" variant="subtle" color="gray" leftSection={<IconCode size={16} aria-hidden />} onClick={() => setShown(call())}>
        {label}
      </Button>
      <CallsDrawer opened={shown !== null} close={() => setShown(null)}>
        {shown !== null &&
          (isSessionCall(shown.path) ? <Text>This one belongs to a person: it takes a session, not a token.</Text> : <CallSample call={shown} />)}
      </CallsDrawer>
    </>
  );
}

function CallsDrawer({ opened, close, children }: { opened: boolean; close: () => void; children: React.ReactNode }) {
  useEscape(opened, close);
  return (
    <Drawer opened={opened} onClose={close} closeOnEscape={false} position="right" size="lg" title="As API call" zIndex={400}>
      <Stack>
        {children}
        <Text size="sm" c="dimmed">
          Put a token in place of <code>{placeholder}</code>: make one under <Anchor href="/admin/tokens">API tokens</Anchor>. Writes take an{' '}
          <code>Idempotency-Key</code>, which makes a repeat harmless. Every call is described in the <Anchor href="/public-api/docs">API reference</Anchor>.
        </Text>
      </Stack>
    </Drawer>
  );
}
