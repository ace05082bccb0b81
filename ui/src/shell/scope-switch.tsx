import { Anchor, Avatar, Burger, Group, Menu, SegmentedControl, Text, UnstyledButton, useMantineColorScheme, type MantineColorScheme } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { IconBook2, IconCheck, IconKeyboard, IconLogout, IconSelector, IconUserCog } from '@tabler/icons-react';
import { Link, useNavigate } from 'react-router';
import { send } from '@/api/client';
import { setScope, useScope, type Mode } from '@/api/scope';
import { leaveSession, useSession, useShop } from '@/api/session';
import { openKeyHelp } from './keys';
import classes from './scope-switch.module.css';

export function Mark() {
  return (
    <svg width="26" height="26" viewBox="0 0 32 32" aria-hidden>
      <rect width="32" height="32" rx="8" fill="#0f6a57" />
      <path d="M11 24V8h6.2a5.3 5.3 0 0 1 0 10.6H11" fill="none" stroke="#fff" strokeWidth="3" strokeLinecap="round" strokeLinejoin="round" />
      <path d="M20 24h3" stroke="#9fe0cf" strokeWidth="3" strokeLinecap="round" />
    </svg>
  );
}

export function Wordmark() {
  return (
    <Link to="/" className={classes.mark} aria-label="Purvey, to Today">
      <Mark />
      Purvey
    </Link>
  );
}

/** The shop, and live or sandbox. */
export function ShopSwitch({ close }: { close: () => void }) {
  const { shops } = useSession();
  const shop = useShop();
  const { mode } = useScope();
  return (
    <div className={classes.switches}>
      <Group gap={6} wrap="nowrap">
        <Link to="/" className={classes.home} aria-label="Purvey, to Today">
          <Mark />
        </Link>
        <Menu width={220} position="bottom-start" disabled={shops.length < 2}>
          <Menu.Target>
            <UnstyledButton className={classes.shop} data-many={shops.length > 1 || undefined} aria-label={`Shop: ${shop.name}`} disabled={shops.length < 2}>
              <span className={classes.name}>{shop.name}</span>
              {shops.length > 1 && <IconSelector size={15} aria-hidden />}
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>Shops</Menu.Label>
            {shops.map((s) => (
              <Menu.Item key={s.id} onClick={() => setScope({ shop: s.slug })} rightSection={s.slug === shop.slug ? <IconCheck size={15} aria-label="this one" /> : null}>
                {s.name}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <Burger hiddenFrom="sm" opened onClick={close} size="sm" aria-label="Close the navigation" />
      </Group>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-label="Mode"
        className={classes.mode!}
        data-mode={mode}
        value={mode}
        onChange={(m) => setScope({ mode: m as Mode })}
        data={[
          { value: 'live', label: 'Live' },
          { value: 'sandbox', label: 'Sandbox' },
        ]}
      />
    </div>
  );
}

/** Across the top of every page in sandbox. */
export function SandboxBanner() {
  return (
    <div className={classes.banner} role="status">
      <strong>Sandbox.</strong> Trial orders, keys and customers: mail is kept, no money moves. Products and files are the shop&apos;s own.
      <UnstyledButton className={classes.leave} onClick={() => setScope({ mode: 'live' })}>
        Go live
      </UnstyledButton>
    </div>
  );
}

export function useSignOut(): () => Promise<void> {
  const client = useQueryClient();
  const go = useNavigate();
  return async () => {
    try {
      await send({ method: 'DELETE', path: '/admin/session' }, { quiet: true });
    } finally {
      leaveSession(client);
      void go('/sign-in');
    }
  };
}

/** The member: account, colours, help, sign out. */
export function AccountMenu() {
  const { member, server } = useSession();
  const shop = useShop();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const signOut = useSignOut();
  const name = member.name || member.email;
  return (
    <Menu width={230} position="top-start">
      <Menu.Target>
        <UnstyledButton className={classes.member} aria-label={`Account of ${name}`}>
          <Avatar size={28} radius="xl" color="pine" name={name} aria-hidden />
          <span className={classes.who}>
            <span className={classes.name}>{name}</span>
            <Text span size="xs" c="dimmed">
              {shop.role}
            </Text>
          </span>
          <IconSelector size={15} aria-hidden />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{member.email}</Menu.Label>
        <Menu.Item component={Link} to="/account" leftSection={<IconUserCog size={16} aria-hidden />}>
          Your account
        </Menu.Item>
        <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={openKeyHelp}>
          Keyboard
        </Menu.Item>
        <Menu.Item component="a" href="/public-api/docs" target="_blank" leftSection={<IconBook2 size={16} aria-hidden />}>
          API reference
        </Menu.Item>
        <Menu.Divider />
        <div className={classes.scheme}>
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label="Colours"
            value={colorScheme}
            onChange={(v) => setColorScheme(v as MantineColorScheme)}
            data={[
              { value: 'light', label: 'Light' },
              { value: 'dark', label: 'Dark' },
              { value: 'auto', label: 'Auto' },
            ]}
          />
        </div>
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
        <Menu.Label>Purvey {server.version}</Menu.Label>
      </Menu.Dropdown>
    </Menu>
  );
}

export function ReferenceLink() {
  return (
    <Anchor href="/public-api/docs" target="_blank">
      API reference
    </Anchor>
  );
}
