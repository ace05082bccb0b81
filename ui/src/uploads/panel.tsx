// What is on its way up, at the foot of every page.
import { ActionIcon, Group, Progress, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconChevronDown, IconChevronUp, IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { refresh } from '@/api/hooks';
import { bytes, plural } from '@/parts';
import { uploads, type UploadItem } from './manager';
import classes from './uploads.module.css';

export function useUploads(): readonly UploadItem[] {
  return useSyncExternalStore(uploads.subscribe, uploads.items);
}

/** Progress, speed and time left of each upload, with pause, resume and give up. */
export function UploadPanel() {
  const items = useUploads();
  const client = useQueryClient();
  const [open, setOpen] = useState(true);
  const done = items.filter((i) => i.state === 'done').length;
  const seen = useRef(0);
  useEffect(() => {
    if (done > seen.current) void refresh(client, ['/files']);
    seen.current = done;
  }, [done, client]);
  // What is done is said for a moment, then out of the way.
  const over = items.length > 0 && done === items.length;
  useEffect(() => {
    if (!over) return;
    const timer = setTimeout(() => uploads.clearDone(), 8000);
    return () => clearTimeout(timer);
  }, [over, done]);
  if (items.length === 0) return null;
  const left = items.length - done;
  const total = items.reduce((n, i) => n + i.size, 0);
  const sent = items.reduce((n, i) => n + i.sent, 0);
  const title = left === 0 ? `${plural(done, 'file')} uploaded` : `Uploading ${plural(left, 'file')}`;
  return (
    <section className={classes.panel} aria-label="Uploads">
      <Group justify="space-between" wrap="nowrap" className={classes.head}>
        <UnstyledButton onClick={() => setOpen(!open)} aria-expanded={open} className={classes.title}>
          {open ? <IconChevronDown size={16} aria-hidden /> : <IconChevronUp size={16} aria-hidden />}
          <Text size="sm" fw={600} span>
            {title}
          </Text>
          {left > 0 && (
            <Text size="xs" c="dimmed" span>
              {percent(sent, total)} %
            </Text>
          )}
        </UnstyledButton>
        {left === 0 && (
          <ActionIcon aria-label="Close the list of uploads" onClick={() => uploads.clearDone()}>
            <IconX size={16} aria-hidden />
          </ActionIcon>
        )}
      </Group>
      {open && (
        <ul className={classes.items}>
          {items.map((i) => (
            <Row key={i.id} item={i} />
          ))}
        </ul>
      )}
      <div className="visually-hidden" role="status">
        {left === 0 ? title : ''}
      </div>
    </section>
  );
}

function Row({ item: i }: { item: UploadItem }) {
  const moving = i.state === 'uploading' || i.state === 'waiting';
  return (
    <li className={classes.item}>
      <Group justify="space-between" wrap="nowrap" gap="xs">
        <Text size="sm" truncate title={i.name}>
          {i.name}
        </Text>
        <Group gap={2} wrap="nowrap">
          {(moving || i.state === 'queued') && <Act label={`Pause ${i.name}`} icon={IconPlayerPause} run={() => uploads.pause(i.id)} />}
          {(i.state === 'paused' || i.state === 'failed') && <Act label={`Resume ${i.name}`} icon={IconPlayerPlay} run={() => uploads.resume(i.id)} />}
          {i.state !== 'done' && <Act label={`Give up ${i.name}`} icon={IconX} run={() => void uploads.cancel(i.id)} />}
        </Group>
      </Group>
      <Progress value={percent(i.sent, i.size)} size="xs" my={4} color={i.state === 'failed' ? 'red' : i.state === 'waiting' ? 'amber' : 'pine'} aria-label={`Progress of ${i.name}`} />
      <Text size="xs" c={i.state === 'failed' ? 'var(--tone-red)' : 'dimmed'}>
        {words(i)}
      </Text>
    </li>
  );
}

function Act({ label, icon: Sign, run }: { label: string; icon: typeof IconX; run: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon size="sm" aria-label={label} onClick={run}>
        <Sign size={15} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}

const percent = (sent: number, size: number): number => (size === 0 ? 100 : Math.floor((sent / size) * 100));

function words(i: UploadItem): string {
  const amount = `${bytes(i.sent)} of ${bytes(i.size)}`;
  switch (i.state) {
    case 'queued':
      return `Waits for its turn · ${bytes(i.size)}`;
    case 'uploading':
      return i.speed > 0 ? `${amount} · ${bytes(Math.round(i.speed))}/s · ${duration((i.size - i.sent) / i.speed)} left` : amount;
    case 'waiting':
      return `${amount} · no connection, goes on by itself`;
    case 'paused':
      return `${amount} · paused`;
    case 'failed':
      return i.error ?? 'Refused';
    case 'done':
      return bytes(i.size);
  }
}

/** 75 -> "1 min 15 s". */
export function duration(seconds: number): string {
  const s = Math.max(1, Math.round(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
