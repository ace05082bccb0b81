import { Button, Group, Modal, Text } from '@mantine/core';
import { useEffect } from 'react';
import { useBlocker } from 'react-router';

interface Props {
  dirty: boolean;
  /** Paths among which one may move without losing anything. */
  free?: (path: string) => boolean;
}

/** Asks before unsaved changes are left behind. */
export function LeaveGuard({ dirty, free }: Props) {
  const blocker = useBlocker(({ currentLocation: from, nextLocation: to }) => dirty && to.pathname !== from.pathname && !(free?.(from.pathname) && free(to.pathname)));
  useEffect(() => {
    if (!dirty) return;
    const stay = (e: BeforeUnloadEvent) => e.preventDefault();
    window.addEventListener('beforeunload', stay);
    return () => window.removeEventListener('beforeunload', stay);
  }, [dirty]);
  return (
    <Modal opened={blocker.state === 'blocked'} onClose={() => blocker.reset?.()} title="Leave without saving?" size="sm">
      <Text size="sm" mb="lg">
        What you changed here is not saved yet.
      </Text>
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={() => blocker.proceed?.()}>
          Leave
        </Button>
        <Button onClick={() => blocker.reset?.()} data-autofocus>
          Stay
        </Button>
      </Group>
    </Modal>
  );
}
