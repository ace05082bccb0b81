// The texts of mails, by kind and language, with a live preview.
import { Button, Group, Select, SegmentedControl, Skeleton, Tabs, Text, Textarea, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSearchParams } from 'react-router';
import { send, wordsOf } from '@/api/client';
import { useRead, useWrite } from '@/api/hooks';
import type { MailTemplate } from '@/api/types/message';
import type { Settings } from '@/api/types/settings';
import { CallButton, ErrorAlert, ErrorPanel, HtmlPreview, LeaveGuard, Section, StatePill } from '@/parts';
import classes from './settings.module.css';

const kinds: readonly { value: MailTemplate['kind']; label: string; help: string }[] = [
  { value: 'delivery', label: 'Delivery', help: 'Sent when an order is ready: the download page, and the keys.' },
  { value: 'key_follows', label: 'Key follows', help: 'Sent when an order is ready but a licence key is out of stock.' },
  { value: 'files_updated', label: 'New version', help: 'Sent to buyers when a product has new files, where the product says so.' },
  { value: 'login_code', label: 'Sign-in code', help: 'Sent to customers who open their library.' },
];
const languages = [
  { value: 'en', label: 'English' },
  { value: 'es', label: 'Spanish' },
  { value: 'pt', label: 'Portuguese' },
  { value: 'de', label: 'German' },
  { value: 'fr', label: 'French' },
];

interface Texts {
  subject: string;
  intro: string;
  outro: string;
}

export function Templates({ settings }: { settings: Settings }) {
  const [params, setParams] = useSearchParams();
  const { data, error, refetch } = useRead<MailTemplate[]>('/mail-templates', undefined, { title: 'List mail texts' });
  if (error) return <ErrorPanel error={error} retry={() => void refetch()} />;
  if (!data) return <Skeleton h={320} radius="lg" />;
  const kind = params.get('kind') ?? 'delivery';
  const locale = params.get('locale') ?? languages.find((l) => settings.shop.locale.startsWith(l.value))?.value ?? 'en';
  const template = data.find((t) => t.kind === kind && t.locale === locale);
  const pick = (change: Record<string, string>) => setParams({ kind, locale, ...change }, { replace: true });
  return (
    <>
      <div className={classes.pick}>
        <Select label="Mail" data={kinds.map(({ value, label }) => ({ value, label }))} value={kind} onChange={(v) => pick({ kind: v ?? 'delivery' })} />
        <Select
          label="Language"
          data={languages.map((l) => ({ value: l.value, label: data.some((t) => t.kind === kind && t.locale === l.value && t.custom) ? `${l.label} (yours)` : l.label }))}
          value={locale}
          onChange={(v) => pick({ locale: v ?? 'en' })}
        />
      </div>
      {template ? <Editor key={`${kind}/${locale}`} template={template} help={kinds.find((k) => k.value === kind)?.help ?? ''} /> : <Text>There is no such mail.</Text>}
    </>
  );
}

function Editor({ template: t, help }: { template: MailTemplate; help: string }) {
  const saved: Texts = { subject: t.subject, intro: t.intro, outro: t.outro };
  const [texts, setTexts] = useState<Texts>(saved);
  const path = `/mail-templates/${t.kind}/${t.locale}`;
  const save = useWrite<Texts, MailTemplate>((body) => ({ method: 'PUT', path, body, title: 'Change the texts of a mail' }), { done: 'Texts saved', refresh: ['/mail-templates', '/audit-log'], quiet: true });
  const back = useWrite(() => ({ method: 'DELETE', path, title: 'Reset to the default texts' }), {
    done: 'Default texts again',
    ...(t.custom ? { undo: () => ({ method: 'PUT' as const, path, body: saved }) } : {}),
    refresh: ['/mail-templates', '/audit-log'],
    then: () => setTexts({ ...t.default }),
  });
  const dirty = texts.subject !== t.subject || texts.intro !== t.intro || texts.outro !== t.outro;
  const fields = save.error?.fields ?? {};
  const set = (change: Partial<Texts>) => setTexts((old) => ({ ...old, ...change }));
  const [field, setField] = useState<keyof Texts>('intro');
  return (
    <>
      <Section title="Texts" lead={help} actions={t.custom ? <StatePill tone="blue">Changed</StatePill> : <StatePill tone="gray">Default</StatePill>}>
        <form
          className={classes.editor}
          onSubmit={(e) => {
            e.preventDefault();
            save.run(texts);
          }}
        >
          <TextInput label="Subject" value={texts.subject} onFocus={() => setField('subject')} onChange={(e) => set({ subject: e.currentTarget.value })} error={fields['subject']} />
          <Textarea label="Before the goods" autosize minRows={3} value={texts.intro} onFocus={() => setField('intro')} onChange={(e) => set({ intro: e.currentTarget.value })} error={fields['intro']} />
          <div>
            <Textarea label="At the end" autosize minRows={2} value={texts.outro} onFocus={() => setField('outro')} onChange={(e) => set({ outro: e.currentTarget.value })} error={fields['outro']} />
            {t.variables.length > 0 && (
              <>
                <Text size="sm" c="dimmed" mt="sm">
                  Put in:
                </Text>
                <div className={classes.variables}>
                  {t.variables.map((v) => (
                    <UnstyledButton key={v} className={classes.variable} onClick={() => set({ [field]: `${texts[field]}{${v}}` })} aria-label={`Put {${v}} into the text`}>
                      {`{${v}}`}
                    </UnstyledButton>
                  ))}
                </div>
              </>
            )}
          </div>
          {Object.keys(fields).length === 0 && <ErrorAlert error={save.error} />}
          <Group justify="space-between" gap="xs">
            <Button variant="default" onClick={() => back.run()} disabled={!t.custom} loading={back.busy}>
              Reset to default
            </Button>
            <Group gap="xs">
              <CallButton call={() => save.describe(texts)} />
              <Button type="submit" loading={save.busy} disabled={!dirty}>
                Save
              </Button>
            </Group>
          </Group>
        </form>
      </Section>
      <Preview path={path} texts={texts} />
      <LeaveGuard dirty={dirty} />
    </>
  );
}

function Preview({ path, texts }: { path: string; texts: Texts }) {
  const [late] = useDebouncedValue(texts, 400);
  const [width, setWidth] = useState('wide');
  const preview = useQuery({
    queryKey: ['preview', path, late],
    queryFn: async ({ signal }) => (await send<{ data: { subject: string; text: string; html: string } }>({ method: 'POST', path: `${path}/preview`, body: late }, { signal })).data,
    placeholderData: (old) => old,
    retry: false,
  });
  return (
    <Section
      title="Preview"
      lead={preview.data ? `Subject: ${preview.data.subject}` : undefined}
      actions={<SegmentedControl size="xs" aria-label="Width" value={width} onChange={setWidth} data={[{ value: 'wide', label: 'Wide' }, { value: 'phone', label: 'Phone' }]} />}
    >
      {preview.error ? (
        <Text size="sm">{wordsOf(preview.error)}</Text>
      ) : !preview.data ? (
        <Skeleton h={320} />
      ) : (
        <Tabs defaultValue="html" keepMounted={false}>
          <Tabs.List mb="sm">
            <Tabs.Tab value="html">HTML</Tabs.Tab>
            <Tabs.Tab value="text">Text</Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="html">
            <div style={{ maxWidth: width === 'phone' ? 340 : undefined, margin: '0 auto' }}>
              <HtmlPreview html={preview.data.html} title="Preview of the mail" />
            </div>
          </Tabs.Panel>
          <Tabs.Panel value="text">
            <Text component="pre" size="sm" className="mono" style={{ whiteSpace: 'pre-wrap' }} tabIndex={0} aria-label="Preview of the text">
              {preview.data.text}
            </Text>
          </Tabs.Panel>
        </Tabs>
      )}
    </Section>
  );
}
