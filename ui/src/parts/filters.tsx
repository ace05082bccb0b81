// Filters live in the address, so that a filtered list can be linked to.
import { Button, Group, Select, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback, useDisclosure, useHotkeys } from '@mantine/hooks';
import { IconAdjustmentsHorizontal, IconSearch, IconX } from '@tabler/icons-react';
import { useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { useSearchParams } from 'react-router';
import classes from './filters.module.css';

export type Filters<K extends string> = Record<K, string>;

export interface UseFilters<K extends string> {
  values: Filters<K>;
  set: (change: Partial<Filters<K>>) => void;
  clear: () => void;
  /** Some filter is set. */
  any: boolean;
}

/** The named filters of the address; '' where one is not set. `defaults` are not written into it. */
export function useFilters<K extends string>(defaults: Filters<K>): UseFilters<K> {
  const [params, setParams] = useSearchParams();
  const fixed = useRef(defaults).current;
  const values = useMemo(() => {
    const names = Object.keys(fixed) as K[];
    return Object.fromEntries(names.map((n) => [n, params.get(n) ?? fixed[n]])) as Filters<K>;
  }, [params, fixed]);
  const set = useCallback(
    (change: Partial<Filters<K>>) =>
      setParams(
        (old) => {
          const next = new URLSearchParams(old);
          for (const [name, value] of Object.entries(change) as [K, string][]) {
            if (value === fixed[name]) next.delete(name);
            else next.set(name, value);
          }
          return next;
        },
        { replace: true },
      ),
    [setParams, fixed],
  );
  const clear = useCallback(() => set(fixed), [set, fixed]);
  const any = (Object.keys(fixed) as K[]).some((n) => values[n] !== fixed[n]);
  return { values, set, clear, any };
}

export interface FilterField<K extends string> {
  key: K;
  label: string;
  kind: 'search' | 'select' | 'date' | 'text';
  /** Of a date: the word before it. */
  placeholder?: string;
  /** Of a select; the first choice, "any", is made here. */
  options?: readonly { value: string; label: string }[];
}

/** The row above a list, with further fields as its children. `/` goes to its search. */
export function FilterBar<K extends string>({ fields, filters, children }: { fields: readonly FilterField<K>[]; filters: UseFilters<K>; children?: ReactNode }) {
  const { values, set, clear, any } = filters;
  const [opened, { toggle }] = useDisclosure(false);
  const many = fields.length > 3;
  const count = fields.filter((f) => f.kind !== 'search' && values[f.key] !== '').length;
  return (
    <Group gap="xs" mb="md" role="search" align="flex-end" className={classes.bar} data-many={many || undefined} data-opened={opened || undefined}>
      {fields.map((f) =>
        f.kind === 'select' ? (
          <Select
            key={f.key}
            aria-label={f.label}
            data={[{ value: '', label: f.placeholder ?? `Any ${f.label.toLowerCase()}` }, ...(f.options ?? [])]}
            value={values[f.key]}
            onChange={(v) => set({ [f.key]: v ?? '' } as Partial<Filters<K>>)}
            w={170}
            comboboxProps={{ width: 'max-content', position: 'bottom-start' }}
          />
        ) : f.kind === 'date' ? (
          <TextInput
            key={f.key}
            type="date"
            aria-label={f.label}
            title={f.label}
            {...(f.placeholder ? { leftSection: <Text span size="xs" c="dimmed">{f.placeholder}</Text>, leftSectionWidth: 46 } : {})}
            value={values[f.key]}
            onChange={(e) => set({ [f.key]: e.currentTarget.value } as Partial<Filters<K>>)}
            w={f.placeholder ? 180 : 150}
          />
        ) : (
          <TypedFilter key={f.key} field={f} value={values[f.key]} change={(v) => set({ [f.key]: v } as Partial<Filters<K>>)} />
        ),
      )}
      {children}
      {many && (
        <Button variant="default" className={classes.more!} leftSection={<IconAdjustmentsHorizontal size={15} aria-hidden />} aria-expanded={opened} onClick={toggle}>
          {count > 0 ? `Filters, ${count} set` : 'Filters'}
        </Button>
      )}
      {any && (
        <Button variant="subtle" color="gray" className={classes.clear!} leftSection={<IconX size={14} aria-hidden />} onClick={clear}>
          Clear
        </Button>
      )}
    </Group>
  );
}

function TypedFilter<K extends string>({ field, value, change }: { field: FilterField<K>; value: string; change: (v: string) => void }) {
  const [text, setText] = useState(value);
  const input = useRef<HTMLInputElement>(null);
  const later = useDebouncedCallback(change, 250);
  useEffect(() => {
    if (document.activeElement !== input.current) setText(value);
  }, [value]);
  const search = field.kind === 'search';
  useHotkeys(search ? [['/', () => input.current?.focus()]] : []);
  return (
    <TextInput
      ref={input}
      type="search"
      aria-label={field.label}
      placeholder={field.placeholder ?? field.label}
      leftSection={search ? <IconSearch size={16} aria-hidden /> : undefined}
      value={text}
      onChange={(e) => {
        setText(e.currentTarget.value);
        later(e.currentTarget.value.trim());
      }}
      // What is clicked next may lead away: the filter must not come after it and lead back.
      onBlur={() => later.flush()}
      w={search ? undefined : 180}
      flex={search ? '1 1 14rem' : undefined}
      maw={search ? 420 : undefined}
    />
  );
}
