// Toasts: what was done, with a way back where there is one, and what failed.
import { Button, Group, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';

let count = 0;

export function notifyDone(words: string, undo?: () => void): void {
  const id = `done-${++count}`;
  notifications.show({
    id,
    role: 'status',
    color: 'pine',
    icon: <IconCheck size={16} stroke={2.5} />,
    autoClose: undo === undefined ? 4000 : 10_000,
    message:
      undo === undefined ? (
        words
      ) : (
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Text size="sm">{words}</Text>
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => {
              notifications.hide(id);
              undo();
            }}
          >
            Undo
          </Button>
        </Group>
      ),
  });
}

export function notifyFailed(words: string): void {
  notifications.show({
    color: 'red',
    icon: <IconAlertTriangle size={16} stroke={2.2} />,
    title: 'That did not work',
    message: words,
    autoClose: 8000,
  });
}
