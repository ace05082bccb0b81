// API tokens: shown once, who used them last, and how a first call is made.
import { Button, SegmentedControl, Stack, Text, TextInput } from '@mantine/core';
import { IconExternalLink, IconPlus, IconTerminal2 } from '@tabler/icons-react';
import { useMemo, useState } from 'react';
import { useList, useWrite } from '@/api/hooks';
import { useScope, type Mode } from '@/api/scope';
import type { Token } from '@/api/types/token';
import {
  ConfirmModal, DataTable, EmptyState, FilterBar, FormModal, PageHeader, SecretModal, ServerState, useFilters, useNewDialog, When, renderCall, CopyButton, type Column,
} from '@/parts';
import { ReferenceLink } from '@/shell/scope-switch';
import classes from './tokens.module.css';

/** All tokens of a shop are few: they are sorted here. */
function sorted(rows: readonly Token[], sort: string): Token[] {
  const down = sort.startsWith('-');
  const key = sort.replace('-', '') as 'name' | 'created_at' | 'last_used_at';
  const compare = (a: Token, b: Token) => (a[key] ?? '').localeCompare(b[key] ?? '');
  return [...rows].sort((a, b) => (down ? compare(b, a) : compare(a, b)));
}

interface NewToken {
  name: string;
  role: 'admin' | 'member';
  mode: Mode;
}

export default function Tokens() {
  const list = useList<Token>('/api-tokens', { limit: 100 }, { title: 'List tokens' });
  const filters = useFilters({ mode: '', role: '', sort: '-created_at' });
  const { mode, role, sort } = filters.values;
  const rows = useMemo(() => sorted(list.rows.filter((t) => (mode === '' || t.mode === mode) && (role === '' || t.role === role)), sort), [list.rows, mode, role, sort]);
  const dialog = useNewDialog();
  const [made, setMade] = useState<Token | null>(null);
  const [revoked, setRevoked] = useState<Token | null>(null);

  const columns: Column<Token>[] = [
    { key: 'name', title: 'Name', sort: 'name', cell: (t) => t.name },
    { key: 'end', title: 'Token', cell: (t) => <span className="mono">pv_…{t.last4}</span> },
    { key: 'role', title: 'Role', cell: (t) => (t.role === 'admin' ? 'Admin' : 'Member') },
    { key: 'mode', title: 'Mode', cell: (t) => <ServerState value={t.mode} />, card: 'aside' },
    { key: 'used', title: 'Last used', sort: 'last_used_at', cell: (t) => <When at={t.last_used_at} /> },
    { key: 'made', title: 'Created', sort: 'created_at', cell: (t) => <When at={t.created_at} /> },
    {
      key: 'revoke', title: '', align: 'right',
      cell: (t) => (
        <Button size="compact-sm" variant="subtle" color="red" onClick={() => setRevoked(t)} aria-label={`Revoke ${t.name}`}>
          Revoke
        </Button>
      ),
    },
  ];

  return (
    <>
      <PageHeader
        title="API tokens"
        lead={
          <>
            What your own programs sign in with. One token opens every dialect of the server; <ReferenceLink /> describes all calls.
          </>
        }
        actions={
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
            New token
          </Button>
        }
      />
      {(list.rows.length > 1 || filters.any) && (
        <FilterBar
          filters={filters}
          fields={[
            { key: 'mode', label: 'Mode of tokens', kind: 'select', placeholder: 'Any mode', options: [{ value: 'live', label: 'Live' }, { value: 'sandbox', label: 'Sandbox' }] },
            { key: 'role', label: 'Role', kind: 'select', placeholder: 'Any role', options: [{ value: 'admin', label: 'Admin' }, { value: 'member', label: 'Member' }] },
          ]}
        />
      )}
      <DataTable
        label="API tokens"
        columns={columns}
        list={{ ...list, rows }}
        rowKey={(t) => t.id}
        sort={sort}
        onSort={(s) => filters.set({ sort: s })}
        empty={
          list.rows.length > 0 ? <EmptyState icon={IconTerminal2} title="No token is like that" action={<Button variant="default" onClick={filters.clear}>Clear the filters</Button>} /> :
          <EmptyState icon={IconTerminal2} title="No program signs in yet" action={<Button onClick={dialog.open}>New token</Button>}>
            A token lets a shop, a script or a service of yours place orders, read them and change the catalogue. It is shown once, and revoked in one click.
          </EmptyState>
        }
      />
      <NewTokenModal
        opened={dialog.opened}
        close={dialog.close}
        made={(t) => {
          dialog.close();
          setMade(t);
        }}
      />
      <SecretModal title={`Token for ${made?.name ?? ''}`} secret={made?.token ?? null} close={() => setMade(null)}>
        <FirstCall token={made?.token ?? ''} />
      </SecretModal>
      <RevokeModal token={revoked} close={() => setRevoked(null)} />
    </>
  );
}

function NewTokenModal({ opened, close, made }: { opened: boolean; close: () => void; made: (t: Token) => void }) {
  const { mode } = useScope();
  const [values, setValues] = useState<NewToken>({ name: '', role: 'admin', mode });
  const create = useWrite<NewToken, Token>((v) => ({ method: 'POST', path: '/api-tokens', body: v, title: 'Create a token' }), {
    refresh: ['/api-tokens', '/checklist'],
    quiet: true,
    sample: { name: 'warehouse sync', role: 'member', mode },
    then: (t) => {
      setValues({ name: '', role: 'admin', mode });
      made(t);
    },
  });
  const set = (change: Partial<NewToken>) => setValues((v) => ({ ...v, ...change }));
  const fields = create.error?.fields ?? {};
  return (
    <FormModal
      title="New API token"
      opened={opened}
      close={close}
      submit="Create token"
      onSubmit={() => create.run({ ...values, name: values.name.trim() })}
      call={() => create.describe(values)}
      busy={create.busy}
      error={fields['name'] === undefined ? create.error : null}
    >
      <TextInput label="Name" description="What it is for, so that you know what stops when you revoke it." placeholder="warehouse sync" value={values.name} onChange={(e) => set({ name: e.currentTarget.value })} required data-autofocus error={fields['name']} />
      <div>
        <Text size="sm" fw={560} mb={4} id="token-role">
          Role
        </Text>
        <SegmentedControl aria-labelledby="token-role" value={values.role} onChange={(v) => set({ role: v === 'member' ? 'member' : 'admin' })} data={[{ value: 'admin', label: 'Admin' }, { value: 'member', label: 'Member' }]} />
        <Text size="xs" c="dimmed" mt={4}>
          {values.role === 'admin' ? 'May make every call.' : 'May not touch settings, tokens, webhooks, stores, members or the audit log.'}
        </Text>
      </div>
      <div>
        <Text size="sm" fw={560} mb={4} id="token-mode">
          Mode
        </Text>
        <SegmentedControl aria-labelledby="token-mode" value={values.mode} onChange={(v) => set({ mode: v === 'sandbox' ? 'sandbox' : 'live' })} data={[{ value: 'live', label: 'Live' }, { value: 'sandbox', label: 'Sandbox' }]} />
        <Text size="xs" c="dimmed" mt={4}>
          {values.mode === 'live' ? 'Real orders, real mail.' : 'Trial orders that nobody else sees; mail is kept and not sent.'}
        </Text>
      </div>
    </FormModal>
  );
}

function FirstCall({ token }: { token: string }) {
  const text = renderCall({ method: 'GET', path: '/orders' }, 'curl', window.location.origin, token);
  return (
    <Stack gap={6}>
      <Text size="sm">A first call:</Text>
      <div className={classes.sample}>
        <pre tabIndex={0} aria-label="A first call">
          {text}
        </pre>
        <CopyButton value={text} label="Copy the call" />
      </div>
      <Text size="sm" c="dimmed">
        Or try any call in the browser: the reference opens with this token filled in, and forgets it when its page is closed.
      </Text>
      <div>
        <Button variant="default" leftSection={<IconExternalLink size={16} aria-hidden />} onClick={() => tryIn(token)}>
          Try it in the API reference
        </Button>
      </div>
    </Stack>
  );
}

/** Opens the reference. A tab that is opened so begins with a copy of our session storage, which it empties. */
function tryIn(token: string): void {
  sessionStorage.setItem('purvey_try_token', token);
  window.open('/public-api/docs');
  sessionStorage.removeItem('purvey_try_token');
}

function RevokeModal({ token, close }: { token: Token | null; close: () => void }) {
  const revoke = useWrite<string>((id) => ({ method: 'DELETE', path: `/api-tokens/${id}`, title: 'Revoke a token' }), {
    done: 'Token revoked',
    refresh: ['/api-tokens'],
    then: close,
    quiet: true,
    sample: 'TOKEN_ID',
  });
  return (
    <ConfirmModal
      title={`Revoke “${token?.name ?? ''}”?`}
      opened={token !== null}
      close={close}
      confirm="Revoke token"
      onConfirm={() => token && revoke.run(token.id)}
      call={() => revoke.describe(token?.id ?? '')}
      busy={revoke.busy}
      error={revoke.error}
    >
      Whatever uses it is refused from its next call on. This cannot be taken back; a new token can be made at any time.
    </ConfirmModal>
  );
}
