// The command palette: places, deeds, and what the shop holds.
import { Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight } from '@mantine/spotlight';
import { IconBox, IconFile, IconKey, IconPlus, IconReceipt2, IconSearch, IconSwitchHorizontal, IconUser, type Icon } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useNavigate } from 'react-router';
import { useRead } from '@/api/hooks';
import { setScope, useScope } from '@/api/scope';
import { useIsAdmin, useSession } from '@/api/session';
import type { SearchHit, SearchResult } from '@/api/types/search';
import { deeds, groups } from './nav';
import { useSignOut } from './scope-switch';
import classes from './palette.module.css';

const [store, palette] = createSpotlight();

export function openPalette(): void {
  palette.open();
}

interface Entry {
  id: string;
  label: string;
  hint?: string | undefined;
  icon: Icon;
  run: () => void;
}

export function Palette() {
  const [text, setText] = useState('');
  const [asked] = useDebouncedValue(text.trim(), 180);
  const go = useNavigate();
  const admin = useIsAdmin();
  const { shops } = useSession();
  const { mode } = useScope();
  const signOut = useSignOut();
  const found = useRead<SearchResult>('/search', { q: asked }, { enabled: asked.length >= 2, keep: true });

  const fits = (words: string) => text.trim().toLowerCase().split(/\s+/).every((w) => words.toLowerCase().includes(w));
  const places: Entry[] = groups
    .flatMap((g) => g.places)
    .filter((p) => (admin || !p.admin) && fits(`${p.label} ${p.words ?? ''}`))
    .map((p) => ({ id: p.to, label: p.label, icon: p.icon, hint: p.key ? `g ${p.key}` : undefined, run: () => void go(p.to) }));
  const actions: Entry[] = [
    ...deeds.filter((d) => admin || !d.admin).map((d) => ({ id: d.to, label: d.label, words: d.words ?? '', icon: IconPlus, run: () => void go(d.to) })),
    {
      id: 'mode', label: mode === 'live' ? 'Switch to sandbox' : 'Switch to live', words: 'mode test', icon: IconSwitchHorizontal,
      run: () => setScope({ mode: mode === 'live' ? 'sandbox' : 'live' }),
    },
    ...(shops.length > 1 ? shops.map((s) => ({ id: `shop-${s.slug}`, label: `Switch to ${s.name}`, words: 'shop', icon: IconSwitchHorizontal, run: () => setScope({ shop: s.slug }) })) : []),
    { id: 'reference', label: 'API reference', words: 'documentation openapi', icon: IconSearch, run: () => void window.open('/public-api/docs', '_blank', 'noopener') },
    { id: 'out', label: 'Sign out', words: 'leave log', icon: IconSwitchHorizontal, run: () => void signOut() },
  ].filter((a) => fits(`${a.label} ${a.words}`));

  const results = asked.length >= 2 && text.trim().length >= 2 ? found.data : undefined;
  const hits = (list: SearchHit[] | undefined, path: (h: SearchHit) => string, icon: Icon): Entry[] =>
    (list ?? []).map((h) => ({ id: `${path(h)}-${h.id}`, label: h.title, hint: h.subtitle ?? undefined, icon, run: () => void go(path(h)) }));
  const sections: [string, Entry[]][] = [
    ['Orders', hits(results?.orders, (h) => `/orders/${h.id}`, IconReceipt2)],
    ['Customers', hits(results?.customers, (h) => `/customers/${h.id}`, IconUser)],
    ['Products', hits(results?.products, (h) => `/products/${h.id}`, IconBox)],
    ['Files', hits(results?.files, (h) => `/files?file=${h.id}`, IconFile)],
    ['Licence keys', hits(results?.license_keys, (h) => `/keys?key=${h.id}`, IconKey)],
    ['Go to', places],
    ['Do', actions],
  ];
  const some = sections.some(([, entries]) => entries.length > 0);

  // Enter takes the first of what was found, until another is chosen.
  const first = sections.find(([, entries]) => entries.length > 0)?.[1][0]?.id ?? '';
  useEffect(() => {
    if (text.trim() === '') return;
    const { listId, selected } = store.getState();
    if (selected > 0) return;
    const all = document.querySelectorAll<HTMLElement>(`#${CSS.escape(listId)} [data-action]`);
    all.forEach((a, i) => a.toggleAttribute('data-selected', i === 0));
    if (all.length > 0) store.updateState((s) => ({ ...s, selected: 0 }));
  }, [text, first]);

  return (
    <Spotlight.Root
      store={store}
      query={text}
      onQueryChange={setText}
      shortcut={['mod + K']}
      scrollable
      maxHeight="min(60vh, 32rem)"
      size="lg"
      radius="lg"
      overlayProps={{ backgroundOpacity: 0.45, blur: 2 }}
      tagsToIgnore={[]}
      attributes={{ content: { 'aria-label': 'Commands' } }}
    >
      <Spotlight.Search placeholder="Order, address, product, key … or what to do" aria-label="Search and commands" leftSection={<IconSearch size={18} aria-hidden />} />
      <Spotlight.ActionsList>
        {sections.map(([label, entries]) =>
          entries.length === 0 ? null : (
            <Spotlight.ActionsGroup key={label} label={label}>
              {entries.map((e) => (
                <Spotlight.Action
                  key={e.id}
                  label={e.label}
                  className={classes.entry!}
                  dimmedSections={false}
                  onClick={e.run}
                  leftSection={<e.icon size={17} stroke={1.7} aria-hidden />}
                  rightSection={
                    e.hint ? (
                      <Text span size="xs" lineClamp={1} className={classes.hint!}>
                        {e.hint}
                      </Text>
                    ) : null
                  }
                />
              ))}
            </Spotlight.ActionsGroup>
          ),
        )}
        {!some && <Spotlight.Empty>Nothing has that name.</Spotlight.Empty>}
      </Spotlight.ActionsList>
    </Spotlight.Root>
  );
}
