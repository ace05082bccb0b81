// Who may come in, and as what.
import { ActionIcon, Alert, Badge, Button, Group, Menu, Radio, Stack, Text, TextInput } from '@mantine/core';
import { IconDots, IconMailForward, IconPlus, IconUsersGroup } from '@tabler/icons-react';
import { useState } from 'react';
import { useList, useWrite } from '@/api/hooks';
import { useSession, useShop } from '@/api/session';
import type { Deleted } from '@/api/types/common';
import type { Member } from '@/api/types/member';
import type { Role } from '@/api/types/session';
import { ConfirmModal, CopyButton, DataTable, EmptyState, FormModal, PageHeader, ServerState, StatePill, useNewDialog, When, words, type Column } from '@/parts';

const roles: readonly { value: Role; label: string; help: string }[] = [
  { value: 'owner', label: 'Owner', help: 'Everything, other owners too.' },
  { value: 'admin', label: 'Admin', help: 'Everything but owners: settings, tokens, webhooks, stores, members.' },
  { value: 'member', label: 'Member', help: 'Orders, customers, mail, products, files, keys and links.' },
];

type Deed = { kind: 'role' | 'disable' | 'remove'; member: Member };

export default function Members() {
  const list = useList<Member>('/members', {}, { title: 'List members' });
  const { member: me } = useSession();
  const { role: mine } = useShop();
  const dialog = useNewDialog();
  const [invited, setInvited] = useState<Member | null>(null);
  const [deed, setDeed] = useState<Deed | null>(null);
  const enable = useWrite<Member>((m) => ({ method: 'PATCH', path: `/members/${m.id}`, body: { state: 'active' }, title: 'Let a member in again' }), {
    done: (_, m) => `${m.name || m.email} may come in again`,
    refresh: ['/members'],
  });

  const columns: Column<Member>[] = [
    {
      key: 'name', title: 'Person',
      cell: (m) => (
        <Group gap={6}>
          <span>{m.name || m.email}</span>
          {m.id === me.id && <Badge size="sm" color="gray">you</Badge>}
        </Group>
      ),
    },
    { key: 'email', title: 'E-mail', cell: (m) => m.email },
    { key: 'role', title: 'Role', cell: (m) => words(m.role) },
    { key: 'state', title: 'State', cell: (m) => <ServerState value={m.state} />, card: 'aside' },
    { key: 'totp', title: 'Two-factor', cell: (m) => (m.totp ? <StatePill tone="green">On</StatePill> : <Text span inherit c="dimmed">Off</Text>) },
    { key: 'seen', title: 'Last seen', cell: (m) => <When at={m.last_seen_at} /> },
    {
      key: 'menu', title: '', align: 'right',
      cell: (m) =>
        m.id === me.id || (m.role === 'owner' && mine !== 'owner') ? null : (
          <Menu position="bottom-end">
            <Menu.Target>
              <ActionIcon aria-label={`Actions for ${m.name || m.email}`}>
                <IconDots size={18} aria-hidden />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => setDeed({ kind: 'role', member: m })}>Change role</Menu.Item>
              {m.state === 'disabled' ? (
                <Menu.Item onClick={() => enable.run(m)}>Let in again</Menu.Item>
              ) : (
                m.state === 'active' && <Menu.Item onClick={() => setDeed({ kind: 'disable', member: m })}>Shut out</Menu.Item>
              )}
              <Menu.Item color="red" onClick={() => setDeed({ kind: 'remove', member: m })}>
                {m.state === 'invited' ? 'Withdraw the invitation' : 'Remove'}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        ),
    },
  ];

  return (
    <>
      <PageHeader
        title="Members"
        lead="People who work in this shop's back office. Programs use API tokens instead."
        actions={
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
            Invite
          </Button>
        }
      />
      <DataTable
        label="Members"
        columns={columns}
        list={list}
        rowKey={(m) => m.id}
        empty={<EmptyState icon={IconUsersGroup} title="Nobody yet">Invite the people who answer your customers or keep the catalogue.</EmptyState>}
      />
      <InviteModal
        opened={dialog.opened}
        close={dialog.close}
        owner={mine === 'owner'}
        invited={(m) => {
          dialog.close();
          setInvited(m);
        }}
      />
      <InvitedModal member={invited} close={() => setInvited(null)} />
      {deed?.kind === 'role' && <RoleModal member={deed.member} owner={mine === 'owner'} close={() => setDeed(null)} />}
      {deed !== null && deed.kind !== 'role' && <LeaveModal deed={deed} close={() => setDeed(null)} />}
    </>
  );
}

function RoleChoice({ value, onChange, owner }: { value: Role; onChange: (r: Role) => void; owner: boolean }) {
  return (
    <Radio.Group label="Role" value={value} onChange={(v) => onChange(v as Role)}>
      <Stack gap="xs" mt={6}>
        {roles
          .filter((r) => owner || r.value !== 'owner')
          .map((r) => (
            <Radio key={r.value} value={r.value} label={r.label} description={r.help} />
          ))}
      </Stack>
    </Radio.Group>
  );
}

interface NewMember {
  email: string;
  name: string;
  role: Role;
}

function InviteModal({ opened, close, owner, invited }: { opened: boolean; close: () => void; owner: boolean; invited: (m: Member) => void }) {
  const [values, setValues] = useState<NewMember>({ email: '', name: '', role: 'member' });
  const invite = useWrite<NewMember, Member>((v) => ({ method: 'POST', path: '/members', body: v, title: 'Invite a member' }), {
    refresh: ['/members'],
    quiet: true,
    sample: { email: 'kim@example.com', name: 'Kim', role: 'member' },
    then: (m) => {
      setValues({ email: '', name: '', role: 'member' });
      invited(m);
    },
  });
  const set = (change: Partial<NewMember>) => setValues((v) => ({ ...v, ...change }));
  const fields = invite.error?.fields ?? {};
  return (
    <FormModal title="Invite a member" opened={opened} close={close} submit="Send invitation" onSubmit={() => invite.run({ ...values, email: values.email.trim(), name: values.name.trim() })} call={() => invite.describe(values)} busy={invite.busy} error={fields['email'] === undefined ? invite.error : null}>
      <TextInput label="E-mail" type="email" value={values.email} onChange={(e) => set({ email: e.currentTarget.value })} required data-autofocus error={fields['email']} />
      <TextInput label="Name" description="They can change it." value={values.name} onChange={(e) => set({ name: e.currentTarget.value })} error={fields['name']} />
      <RoleChoice value={values.role} onChange={(role) => set({ role })} owner={owner} />
    </FormModal>
  );
}

function InvitedModal({ member, close }: { member: Member | null; close: () => void }) {
  const { server } = useSession();
  return (
    <ConfirmLike opened={member !== null} close={close} title={`${member?.email ?? ''} is invited`}>
      <Text size="sm">{server.mail === 'smtp' ? 'The link is on its way by mail. You can also hand it over yourself:' : 'No mail server is set, so the mail is only kept. Hand the link over yourself:'}</Text>
      <Group wrap="nowrap" className="card" p="xs" pl="md" gap="xs">
        <Text className="mono" size="sm" flex={1}>
          {member?.invitation_url}
        </Text>
        <CopyButton value={member?.invitation_url ?? ''} label="Copy the invitation link" withText />
      </Group>
      <Alert color="gray" icon={<IconMailForward size={18} />}>
        Whoever has the link can join as this person, once.
      </Alert>
    </ConfirmLike>
  );
}

function ConfirmLike({ opened, close, title, children }: { opened: boolean; close: () => void; title: string; children: React.ReactNode }) {
  return (
    <FormModal title={title} opened={opened} close={close} submit="Done" onSubmit={close} dismiss={null}>
      {children}
    </FormModal>
  );
}

function RoleModal({ member, owner, close }: { member: Member; owner: boolean; close: () => void }) {
  const [role, setRole] = useState<Role>(member.role);
  const change = useWrite<Role, Member>((r) => ({ method: 'PATCH', path: `/members/${member.id}`, body: { role: r }, title: 'Change a role' }), {
    done: (_, r) => `${member.name || member.email} is ${r} now`,
    undo: () => ({ method: 'PATCH', path: `/members/${member.id}`, body: { role: member.role } }),
    refresh: ['/members'],
    quiet: true,
    then: close,
  });
  return (
    <FormModal title={`Role of ${member.name || member.email}`} opened close={close} submit="Change role" onSubmit={() => change.run(role)} call={() => change.describe(role)} busy={change.busy} error={change.error} size="md">
      <RoleChoice value={role} onChange={setRole} owner={owner} />
    </FormModal>
  );
}

function LeaveModal({ deed: { kind, member }, close }: { deed: Deed; close: () => void }) {
  const name = member.name || member.email;
  const shut = kind === 'disable';
  const leave = useWrite<void, Member | Deleted>(
    () => (shut ? { method: 'PATCH', path: `/members/${member.id}`, body: { state: 'disabled' } } : { method: 'DELETE', path: `/members/${member.id}` }),
    { done: shut ? `${name} is shut out` : `${name} is removed`, refresh: ['/members'], quiet: true, then: close },
  );
  return (
    <ConfirmModal title={shut ? `Shut ${name} out?` : `Remove ${name}?`} opened close={close} confirm={shut ? 'Shut out' : 'Remove'} onConfirm={() => leave.run()} call={() => leave.describe()} busy={leave.busy} error={leave.error} {...(shut || member.state === 'invited' ? {} : { typed: member.email })}>
      {shut ? 'Their sessions end at once. You can let them in again at any time.' : 'Their sessions end at once, and they need a new invitation to come back. What they did stays in the audit log.'}
    </ConfirmModal>
  );
}
