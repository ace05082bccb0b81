// One setting, by its kind.
import { Box, ColorInput, Group, MultiSelect, NumberInput, Select, Switch, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { SecretState } from '@/api/types/settings';
import { SecretField } from '@/parts';
import type { Draft } from './draft';
import type { Field as Spec } from './sections';

export function Field({ spec: f, draft, error }: { spec: Spec; draft: Draft; error: string | undefined }) {
  const value = draft.get(f.path);
  const set = (v: string | number | boolean | string[] | null | undefined) => draft.set(f.path, v);
  const common = { label: f.label, description: f.help, error };
  const text = typeof value === 'string' ? value : '';
  switch (f.kind) {
    case 'text':
    case 'url':
    case 'email':
      return <TextInput {...common} type={f.kind} placeholder={f.placeholder} maxLength={f.max} value={text} onChange={(e) => set(e.currentTarget.value)} />;
    case 'textarea':
      return <Textarea {...common} autosize minRows={2} placeholder={f.placeholder} maxLength={f.max} value={text} onChange={(e) => set(e.currentTarget.value)} />;
    case 'select':
      return <Select {...common} data={[...f.options]} value={text} onChange={(v) => set(v ?? '')} maw={420} />;
    case 'currency':
      return <Select {...common} searchable data={currencies(text)} value={text} onChange={(v) => v && set(v)} maw={420} />;
    case 'currencies':
      return <MultiSelect {...common} searchable data={currencies('')} value={Array.isArray(value) ? (value as string[]) : []} onChange={set} maw={420} />;
    case 'timezone':
      return <Select {...common} searchable data={zones(text)} value={text} onChange={(v) => v && set(v)} maw={420} limit={200} />;
    case 'locale':
      return <Select {...common} data={locales(text)} value={text} onChange={(v) => v && set(v)} maw={420} />;
    case 'color':
      return <ColorInput {...common} format="hex" value={text} onChange={(v) => set(v)} maw={220} placeholder="#1f5fd0" eyeDropperButtonProps={{ 'aria-label': 'Pick a colour from the screen' }} swatches={['#0f6a57', '#1f4f9e', '#6a3fa0', '#a3341b', '#83500a', '#1d1d20']} />;
    case 'switch':
      return <Switch {...common} checked={value === true} onChange={(e) => set(e.currentTarget.checked)} />;
    case 'number':
      return <NumberInput {...common} min={f.min} max={f.max} suffix={f.unit ? ` ${f.unit}` : ''} allowDecimal={false} placeholder={f.placeholder} value={typeof value === 'number' ? value : ''} onChange={(v) => set(typeof v === 'number' ? v : f.optional ? null : undefined)} maw={220} />;
    case 'duration':
      return <Duration {...common} seconds={typeof value === 'number' ? value : 0} onChange={set} />;
    case 'secret':
      return <SecretField label={f.label} {...(f.help ? { description: f.help } : {})} state={secretOf(value)} value={draft.typed(f.path) as string | null | undefined} onChange={set} error={error} makes={f.makes} />;
  }
}

function secretOf(value: unknown): SecretState {
  return value !== null && typeof value === 'object' && 'set' in value ? (value as SecretState) : { set: false, last4: null };
}

const units = [
  { value: '86400', label: 'days' },
  { value: '3600', label: 'hours' },
  { value: '60', label: 'minutes' },
  { value: '1', label: 'seconds' },
];

interface DurationProps {
  label: string;
  description: string | undefined;
  error: string | undefined;
  seconds: number;
  onChange: (seconds: number) => void;
}

/** Seconds, written in the largest unit that is whole. */
function Duration({ label, description, error, seconds, onChange }: DurationProps) {
  const [unit, setUnit] = useState(() => units.find((u) => seconds % Number(u.value) === 0)?.value ?? '1');
  const size = Number(unit);
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap" maw={520}>
      <Box flex={1}>
        <NumberInput label={label} description={description} error={error} min={0} decimalScale={2} value={seconds / size} onChange={(v) => typeof v === 'number' && onChange(Math.round(v * size))} />
      </Box>
      <Select aria-label={`Unit of ${label}`} w={120} data={units} value={unit} onChange={(v) => setUnit(v ?? '1')} />
    </Group>
  );
}

function zones(current: string): string[] {
  const all = Intl.supportedValuesOf('timeZone');
  return [...new Set([current, 'UTC', ...all])].filter((z) => z !== '');
}

function currencies(current: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames('en', { type: 'currency' });
  const first = [current, 'EUR', 'USD', 'GBP', 'BRL', 'ARS', 'JPY'];
  return [...new Set([...first, ...Intl.supportedValuesOf('currency')])].filter((c) => c !== '').map((c) => ({ value: c, label: `${c}, ${names.of(c) ?? c}` }));
}

function locales(current: string): { value: string; label: string }[] {
  const names = new Intl.DisplayNames('en', { type: 'language' });
  return [...new Set([current, 'en', 'es', 'pt', 'pt-BR', 'de', 'fr'])].filter((l) => l !== '').map((l) => ({ value: l, label: names.of(l) ?? l }));
}
