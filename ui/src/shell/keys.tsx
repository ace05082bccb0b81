// Keys that work everywhere: `?` shows them, `g` and a letter goes places.
import { Kbd, Modal, SimpleGrid, Text } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useIsAdmin } from '@/api/session';
import { groups } from './nav';
import classes from './keys.module.css';

const helpEvent = 'purvey:keys';

export function openKeyHelp(): void {
  window.dispatchEvent(new Event(helpEvent));
}

const general: readonly (readonly [string[], string])[] = [
  [['Mod', 'K'], 'Search and commands'],
  [['/'], 'To the search of the list'],
  [['j', 'k'], 'Next and previous row'],
  [['Enter'], 'Open the row'],
  [['Esc'], 'Close what is open'],
  [['?'], 'These keys'],
];

export function HelpKeys() {
  const [opened, setOpened] = useState(false);
  const go = useNavigate();
  const admin = useIsAdmin();
  const waiting = useRef(0);
  const places = groups.flatMap((g) => g.places).filter((p) => p.key !== undefined && (admin || !p.admin));

  useEffect(() => {
    const open = () => setOpened(true);
    window.addEventListener(helpEvent, open);
    return () => window.removeEventListener(helpEvent, open);
  }, []);

  useEffect(() => {
    const onKey = (e: KeyboardEvent) => {
      const target = e.target as HTMLElement;
      if (e.ctrlKey || e.metaKey || e.altKey || target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return;
      if (document.querySelector('[role="dialog"]') !== null) return;
      if (e.key === '?') {
        setOpened(true);
        return;
      }
      if (e.key === 'g') {
        waiting.current = Date.now();
        return;
      }
      const fresh = Date.now() - waiting.current < 1500;
      waiting.current = 0;
      const place = fresh ? places.find((p) => p.key === e.key) : undefined;
      if (place !== undefined) {
        e.preventDefault();
        void go(place.to);
      }
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [go, places]);

  const mod = /Mac|iPhone|iPad/.test(navigator.userAgent) ? '⌘' : 'Ctrl';
  return (
    <Modal opened={opened} onClose={() => setOpened(false)} title="Keyboard" size="lg">
      <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xl">
        <Keys title="Everywhere" rows={general.map(([keys, what]) => [keys.map((k) => (k === 'Mod' ? mod : k)), what])} />
        <Keys title="Go to" rows={places.map((p) => [['g', p.key ?? ''], p.label])} />
      </SimpleGrid>
    </Modal>
  );
}

function Keys({ title, rows }: { title: string; rows: readonly (readonly [string[], string])[] }) {
  return (
    <div>
      <Text fw={600} size="sm" mb="xs">
        {title}
      </Text>
      <dl className={classes.keys}>
        {rows.map(([keys, what]) => (
          <div key={what}>
            <dt>
              {keys.map((k) => (
                <Kbd key={k} size="xs">
                  {k}
                </Kbd>
              ))}
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
