// What a stamped page looks like: the server stamps the first page of the very
// file, and the browser shows it.
import { Button, Group, Modal, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { useEffect, useState } from 'react';
import { sendForBlob, type Call } from '@/api/client';
import { CallButton, ErrorAlert } from '@/parts';
import { drawPage } from './pdf-page';

export const positions = [
  'top-left', 'top-center', 'top-right', 'bottom-left', 'bottom-center', 'bottom-right',
].map((value) => ({ value, label: value.replace('-', ' ') }));

interface Props {
  fileId: string;
  opened: boolean;
  close: () => void;
  text?: string;
}

export function StampPreview({ fileId, opened, close, text: given }: Props) {
  return (
    <Modal opened={opened} onClose={close} title="Stamp preview" size="lg">
      {opened && <Preview fileId={fileId} given={given ?? 'Licensed to {name} <{email}>, order {order}'} />}
    </Modal>
  );
}

function Preview({ fileId, given }: { fileId: string; given: string }) {
  const [text, setText] = useState(given);
  const [position, setPosition] = useState('bottom-center');
  const [size, setSize] = useState<number | string>(8);
  const [canvas, setCanvas] = useState<HTMLCanvasElement | null>(null);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const call = (): Call => ({ method: 'POST', path: `/files/${fileId}/stamp-preview`, body: { text, position, size: Number(size) }, title: 'Preview a stamp' });
  const show = async () => {
    if (!canvas) return;
    setBusy(true);
    setError(null);
    try {
      const pdf = await sendForBlob(call());
      await drawPage(await pdf.arrayBuffer(), canvas);
    } catch (e) {
      setError(e);
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    if (canvas) void show();
    // The first picture comes by itself; further ones by the button.
  }, [canvas]);
  return (
    <Stack>
      <TextInput label="Text" description="{email}, {name}, {order} and {date} become the buyer's; here they are examples." value={text} onChange={(e) => setText(e.currentTarget.value)} />
      <Group grow>
        <Select label="Position" data={positions} value={position} onChange={(v) => setPosition(v ?? position)} />
        <NumberInput label="Size in points" min={4} max={36} value={size} onChange={setSize} />
      </Group>
      <Group justify="space-between">
        <CallButton call={call} />
        <Button onClick={() => void show()} loading={busy}>
          Show
        </Button>
      </Group>
      <ErrorAlert error={error} />
      <Text size="xs" c="dimmed">
        The first page, as a buyer would get it.
      </Text>
      <canvas ref={setCanvas} role="img" aria-label={`First page, stamped with ${text}`} style={{ width: '100%', border: '1px solid var(--line)', borderRadius: 8, background: '#fff' }} />
    </Stack>
  );
}
