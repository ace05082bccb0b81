import { AppShell, Burger, Group, ScrollArea, UnstyledButton } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { Suspense, useEffect, useMemo, useRef } from 'react';
import { Navigate, Outlet, ScrollRestoration, useLocation, useNavigation } from 'react-router';
import { CallsProvider } from '@/api/calls';
import { useScope } from '@/api/scope';
import { useIsAdmin, useSessionQuery, useShop } from '@/api/session';
import { ErrorPanel } from '@/parts/error-panel';
import { UploadPanel } from '@/uploads/panel';
import { ClosedBanner } from './closed';
import { HelpKeys } from './keys';
import { Loading } from './loading';
import { forAdmins } from './nav';
import { ChecklistEntry, Navigation } from './navigation';
import { NotForMembers } from './not-for-members';
import { openPalette, Palette } from './palette';
import { AccountMenu, SandboxBanner, ShopSwitch, Wordmark } from './scope-switch';
import { SignInAgain } from './sign-in-again';
import { PlaceContext } from './title';
import { ZoneContext } from './zone';
import classes from './shell.module.css';

/** Everything behind the sign-in. */
export function Shell() {
  const session = useSessionQuery();
  const place = useLocation();
  if (session.isPending) return <Loading />;
  if (session.error && !session.data) return <ErrorPanel error={session.error} retry={() => void session.refetch()} />;
  if (!session.data) {
    const next = place.pathname + place.search;
    return <Navigate to={next === '/' ? '/sign-in' : `/sign-in?next=${encodeURIComponent(next)}`} replace />;
  }
  return <Frame />;
}

function Frame() {
  const scope = useScope();
  const shop = useShop();
  const admin = useIsAdmin();
  const place = useLocation();
  const closed = !admin && forAdmins(place.pathname);
  const moving = useNavigation().state !== 'idle';
  const [opened, { toggle, close }] = useDisclosure(false);
  useEffect(close, [place.pathname, close]);

  // The first page of a visit does not take the focus; those after it do.
  // Filters change the address too, but are no navigation.
  const first = useRef<string | null>(place.pathname);
  if (first.current !== place.pathname) first.current = null;
  const moved = first.current === null;
  const suffix = `${scope.mode === 'sandbox' ? 'Sandbox · ' : ''}${shop.name} · Purvey`;
  const context = useMemo(() => ({ suffix, moved }), [suffix, moved]);

  return (
    <PlaceContext value={context}>
      <ZoneContext value={shop.timezone}>
        <a href="#content" className={classes.skip}>
          Skip to the content
        </a>
        <div className={classes.bar} data-moving={moving || undefined} aria-hidden />
        <AppShell
          layout="alt"
          header={{ height: { base: 54, sm: 0 } }}
          navbar={{ width: 236, breakpoint: 'sm', collapsed: { mobile: !opened } }}
          data-mode={scope.mode}
          className={classes.shell!}
        >
          <AppShell.Header hiddenFrom="sm" className={classes.header!} withBorder>
            <Group h="100%" px="sm" justify="space-between">
              <Group gap="xs">
                <Burger opened={opened} onClick={toggle} size="sm" aria-label={opened ? 'Close the navigation' : 'Open the navigation'} aria-expanded={opened} />
                <Wordmark />
              </Group>
              <UnstyledButton className={classes.find} onClick={openPalette} aria-label="Search and commands">
                <IconSearch size={20} aria-hidden />
              </UnstyledButton>
            </Group>
          </AppShell.Header>
          <AppShell.Navbar className={classes.navbar!} aria-label="Main">
            <div className={classes.top}>
              <ShopSwitch close={close} />
              <UnstyledButton className={classes.search} onClick={openPalette}>
                <IconSearch size={15} aria-hidden />
                <span>Search</span>
                <kbd aria-hidden>{isMac() ? '⌘ K' : 'Ctrl K'}</kbd>
              </UnstyledButton>
            </div>
            <ScrollArea className={classes.scroll!} type="hover" scrollbarSize={6}>
              <Navigation />
            </ScrollArea>
            <div className={classes.bottom}>
              {admin && <ChecklistEntry />}
              <AccountMenu />
            </div>
          </AppShell.Navbar>
          <AppShell.Main className={classes.main!} id="content">
            {scope.mode === 'sandbox' && <SandboxBanner />}
            <ClosedBanner />
            <div className={classes.page}>
              <CallsProvider>
                <Suspense fallback={<Loading />}>
                  {closed ? <NotForMembers /> : <Outlet key={`${scope.shop}/${scope.mode}`} />}
                </Suspense>
              </CallsProvider>
            </div>
          </AppShell.Main>
        </AppShell>
        {scope.mode === 'sandbox' && <div className={classes.frame} aria-hidden />}
        <UploadPanel />
        <Palette />
        <HelpKeys />
        <SignInAgain />
        <ScrollRestoration />
      </ZoneContext>
    </PlaceContext>
  );
}

export function isMac(): boolean {
  return /Mac|iPhone|iPad/.test(navigator.userAgent);
}
