// Choosing files of the shop: a field that shows the chosen ones in order, and
// the dialog behind it.
import { ActionIcon, Button, Checkbox, Group, Modal, Stack, Text, TextInput, Tooltip } from '@mantine/core';
import { useDebouncedValue, useDisclosure } from '@mantine/hooks';
import { IconArrowUp, IconPlus, IconSearch, IconX } from '@tabler/icons-react';
import { useState } from 'react';
import { useList } from '@/api/hooks';
import type { File, FileName } from '@/api/types/file';
import { DropZone } from '@/uploads/drop';
import { ErrorPanel } from './error-panel';
import { useEscape } from './escape';
import { Bytes, plural } from './values';
import classes from './file-picker.module.css';

interface FieldProps {
  label: string;
  description?: string;
  value: readonly FileName[];
  onChange: (files: FileName[]) => void;
  error?: string | undefined;
}

/** The chosen files in their order, and the button that opens the dialog. */
export function FilesField({ label, description, value, onChange, error }: FieldProps) {
  const [opened, { open, close }] = useDisclosure(false);
  const up = (i: number) => {
    const next = [...value];
    const [moved] = next.splice(i, 1);
    if (moved) next.splice(i - 1, 0, moved);
    onChange(next);
  };
  return (
    <div role="group" aria-label={label}>
      <Text size="sm" fw={560} mb={description === undefined ? 6 : 0}>
        {label}
      </Text>
      {description !== undefined && (
        <Text size="xs" c="dimmed" mb={6}>
          {description}
        </Text>
      )}
      {value.length > 0 && (
        <ul className={classes.chosen}>
          {value.map((f, i) => (
            <li key={f.id} className={classes.row}>
              <span className={classes.kind} aria-hidden>
                {kindOf(f.name)}
              </span>
              <Text size="sm" truncate flex={1} title={f.name}>
                {f.name}
              </Text>
              <Text size="xs" c="dimmed" span>
                <Bytes value={f.size} />
              </Text>
              <Tooltip label="Move up">
                <ActionIcon size="sm" aria-label={`Move ${f.name} up`} disabled={i === 0} onClick={() => up(i)}>
                  <IconArrowUp size={15} aria-hidden />
                </ActionIcon>
              </Tooltip>
              <Tooltip label="Take out">
                <ActionIcon size="sm" aria-label={`Take ${f.name} out`} onClick={() => onChange(value.filter((other) => other.id !== f.id))}>
                  <IconX size={15} aria-hidden />
                </ActionIcon>
              </Tooltip>
            </li>
          ))}
        </ul>
      )}
      <Button variant="default" size="compact-sm" leftSection={<IconPlus size={15} aria-hidden />} onClick={open}>
        {value.length === 0 ? 'Choose or upload files' : 'More files'}
      </Button>
      {error !== undefined && (
        <Text size="xs" c="var(--mantine-color-error)" mt={4} role="alert">
          {error}
        </Text>
      )}
      <FilePicker opened={opened} close={close} chosen={value} choose={onChange} />
    </div>
  );
}

interface PickerProps {
  opened: boolean;
  close: () => void;
  chosen: readonly FileName[];
  choose: (files: FileName[]) => void;
  title?: string;
}

/** Search among the shop's files, or bring new ones; several at once. */
export function FilePicker({ opened, close, chosen, choose, title = 'Choose files' }: PickerProps) {
  useEscape(opened, close);
  return (
    <Modal opened={opened} onClose={close} closeOnEscape={false} title={title} size="lg">
      {opened && <Picker close={close} chosen={chosen} choose={choose} />}
    </Modal>
  );
}

function Picker({ close, chosen, choose }: Pick<PickerProps, 'close' | 'chosen' | 'choose'>) {
  const [picked, setPicked] = useState<readonly FileName[]>(chosen);
  const [text, setText] = useState('');
  const [q] = useDebouncedValue(text.trim(), 200);
  const list = useList<File>('/files', { q, uploaded: true, sort: '-created_at', limit: 25 }, { title: 'List files' });
  const has = (id: string) => picked.some((p) => p.id === id);
  const toggle = (f: FileName) => setPicked((old) => (old.some((p) => p.id === f.id) ? old.filter((p) => p.id !== f.id) : [...old, f]));
  const uploaded = (file: globalThis.File, id: string) => setPicked((old) => [...old, { id, name: file.name, size: file.size, type: file.type }]);
  return (
    <Stack gap="sm">
      <DropZone compact onUploaded={uploaded} />
      <TextInput
        type="search"
        aria-label="Search files"
        placeholder="Search files by name"
        leftSection={<IconSearch size={16} aria-hidden />}
        value={text}
        onChange={(e) => setText(e.currentTarget.value)}
        data-autofocus
      />
      <div className={classes.list} tabIndex={0} role="group" aria-label="Files">
        {list.error ? (
          <ErrorPanel error={list.error} retry={list.retry} />
        ) : list.rows.length === 0 && !list.loading ? (
          <Text size="sm" c="dimmed" ta="center" py="lg">
            {q === '' ? 'No file yet. Drop one above.' : 'No file has such a name.'}
          </Text>
        ) : (
          list.rows.map((f) => (
            <label key={f.id} className={classes.row} data-pick>
              <Checkbox checked={has(f.id)} onChange={() => toggle(f)} aria-label={f.name} />
              <span className={classes.kind} aria-hidden>
                {kindOf(f.name)}
              </span>
              <Text size="sm" truncate flex={1} title={f.name}>
                {f.name}
              </Text>
              <Text size="xs" c="dimmed" span>
                <Bytes value={f.size} />
              </Text>
            </label>
          ))
        )}
        {list.hasMore && (
          <Button variant="subtle" fullWidth onClick={list.loadMore} loading={list.loadingMore}>
            Load more
          </Button>
        )}
      </div>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        <Button
          onClick={() => {
            choose([...picked]);
            close();
          }}
        >
          {picked.length === 0 ? 'Choose none' : `Choose ${plural(picked.length, 'file')}`}
        </Button>
      </Group>
    </Stack>
  );
}

/** Up to four letters that say what a file is. */
export function kindOf(name: string): string {
  const dot = name.lastIndexOf('.');
  const kind = dot > 0 ? name.slice(dot + 1).toUpperCase() : '';
  return kind.length > 0 && kind.length <= 4 ? kind : 'FILE';
}
