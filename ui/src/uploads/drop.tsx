// The place where files are dropped or chosen.
import { Button, Group, Text } from '@mantine/core';
import { IconUpload } from '@tabler/icons-react';
import { useRef, useState, type DragEvent } from 'react';
import { filesOf } from './entries';
import { uploads } from './manager';
import classes from './uploads.module.css';

interface Props {
  /** Told of each file when the shop has it. */
  onUploaded?: (file: File, fileId: string) => void;
  /** A line instead of a field. */
  compact?: boolean;
}

/** Takes files and whole folders, by drop or by choosing. They go up at once. */
export function DropZone({ onUploaded, compact }: Props) {
  const [over, setOver] = useState(0);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);
  const take = (list: readonly File[]) => uploads.add(list, onUploaded);
  const drop = (e: DragEvent) => {
    e.preventDefault();
    setOver(0);
    void filesOf(e.dataTransfer).then(take);
  };
  return (
    <div
      className={classes.zone}
      data-over={over > 0 || undefined}
      data-compact={compact || undefined}
      onDragEnter={(e) => { e.preventDefault(); setOver((n) => n + 1); }}
      onDragOver={(e) => e.preventDefault()}
      onDragLeave={() => setOver((n) => Math.max(0, n - 1))}
      onDrop={drop}
    >
      {!compact && <IconUpload size={26} stroke={1.5} aria-hidden />}
      <Text size="sm" fw={compact ? 400 : 560}>
        Drop files or folders here
      </Text>
      <Group gap="xs" justify="center">
        <Button size="compact-sm" variant="default" onClick={() => files.current?.click()}>
          Choose files
        </Button>
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => folder.current?.click()}>
          Choose a folder
        </Button>
      </Group>
      {!compact && (
        <Text size="xs" c="dimmed">
          Any size. After a lost connection or a restart they go on where they were.
        </Text>
      )}
      <Choose input={files} take={take} label="Files to upload" />
      <Choose input={folder} take={take} label="Folder to upload" folder />
    </div>
  );
}

interface ChooseProps {
  input: React.RefObject<HTMLInputElement | null>;
  take: (files: File[]) => void;
  label: string;
  folder?: boolean;
}

function Choose({ input, take, label, folder }: ChooseProps) {
  return (
    <input
      ref={input}
      type="file"
      hidden
      multiple
      aria-label={label}
      {...(folder ? { webkitdirectory: '' } : {})}
      onChange={(e) => {
        take([...(e.currentTarget.files ?? [])]);
        e.currentTarget.value = '';
      }}
    />
  );
}
