// Settings: sections at the left, one form, and a bar that appears when
// something differs from what the server has.
import { Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { NavLink, useParams } from 'react-router';
import { useRead, useWrite } from '@/api/hooks';
import type { Settings, SettingsPatch } from '@/api/types/settings';
import { CallButton, ErrorAlert, ErrorPanel, PageHeader, LeaveGuard, plural, Section } from '@/parts';
import { BrandingPreview } from './branding-preview';
import { useDraft } from './draft';
import { GatewayChecks, OpenSection, PublicalaWebhook } from './extras';
import { Field } from './field';
import { sections } from './sections';
import { Templates } from './templates';
import classes from './settings.module.css';

export default function SettingsPage() {
  const { section = 'shop' } = useParams();
  const { data, error, refetch } = useRead<Settings>('/settings', undefined, { title: 'Read the settings' });
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    // On a phone the sections stand in one row, wider than the page.
    nav.current?.querySelector('[data-on]')?.scrollIntoView({ inline: 'center', block: 'nearest' });
  }, [section]);
  const current = sections.find((s) => s.key === section) ?? sections[0];
  return (
    <>
      <PageHeader title="Settings" lead={current?.label} />
      <div className={classes.columns}>
        <nav ref={nav} aria-label="Sections of the settings" className={classes.nav}>
          <ul>
            {sections.map((s) => (
              <li key={s.key}>
                <NavLink to={s.key === 'shop' ? '/settings' : `/settings/${s.key}`} end className={classes.link!} data-on={s.key === current?.key || undefined} preventScrollReset>
                  <s.icon size={16} stroke={1.7} aria-hidden />
                  {s.label}
                </NavLink>
              </li>
            ))}
          </ul>
        </nav>
        <div>
          {error ? <ErrorPanel error={error} retry={() => void refetch()} /> : !data ? <Skeleton h={320} radius="lg" /> : section === 'templates' ? <Templates settings={data} /> : <Form settings={data} section={current?.key ?? 'shop'} />}
        </div>
      </div>
    </>
  );
}

function Form({ settings, section }: { settings: Settings; section: string }) {
  const draft = useDraft(settings);
  const save = useWrite<SettingsPatch, Settings>((body) => ({ method: 'PATCH', path: '/settings', body, title: 'Change settings' }), {
    done: 'Settings saved',
    refresh: ['/settings', '/audit-log', '/admin/session'],
    quiet: true,
    then: () => draft.discard(),
  });
  const dirty = draft.changed.length > 0;
  const fields = save.error?.fields ?? {};
  const groups = sections.find((s) => s.key === section)?.groups ?? [];
  const here = new Set(groups.flatMap((g) => g.fields.map((f) => f.path)));
  const elsewhere = Object.keys(fields).filter((f) => !here.has(f));
  return (
    <form
      noValidate
      onSubmit={(e) => {
        e.preventDefault();
        save.run(draft.patch);
      }}
    >
      {groups.map((g) => (
        <Section key={g.title} title={g.title} lead={g.lead}>
          <Stack gap="lg">
            {g.fields.map((f) => (
              <Field key={f.path} spec={f} draft={draft} error={fields[f.path]} />
            ))}
          </Stack>
        </Section>
      ))}
      {section === 'shop' && <OpenSection />}
      {section === 'gateways' && <GatewayChecks settings={settings} dirty={dirty} />}
      {section === 'publicala' && <PublicalaWebhook settings={settings} />}
      {section === 'branding' && <BrandingPreview name={settings.shop.name} logo={String(draft.get('shop.logo_url'))} accent={String(draft.get('shop.accent'))} message={String(draft.get('pages.message'))} />}
      {save.error && (Object.keys(fields).length === 0 || elsewhere.length > 0) && <ErrorAlert error={save.error} />}
      {dirty && (
        <div className={classes.bar} role="region" aria-label="Unsaved changes">
          <Text size="sm" fw={560}>
            {plural(draft.changed.length, 'unsaved change')}
          </Text>
          <Group gap="xs">
            <CallButton call={() => save.describe(draft.patch)} />
            <Button variant="default" onClick={() => { draft.discard(); save.reset(); }}>
              Discard
            </Button>
            <Button type="submit" loading={save.busy}>
              Save
            </Button>
          </Group>
        </div>
      )}
      <LeaveGuard dirty={dirty} free={sameForm} />
    </form>
  );
}

/** Sections share one form, so that moving among them loses nothing. */
function sameForm(path: string): boolean {
  return path.startsWith('/settings') && path !== '/settings/templates';
}
